"""Questions made from the facts of the corpus, and when each is to be asked again."""
