"""The project's sources as data: articles with facts, glossary, corrections, timeline, questions; and their lint."""
