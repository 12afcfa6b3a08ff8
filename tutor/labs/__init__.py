"""Labs: small experiments that really run while the learner watches."""
