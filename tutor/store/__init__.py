"""What is kept between two starts: conversations, and what a learner has practised. SQLite, or a server by one URL."""
