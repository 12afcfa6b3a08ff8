"""An AI-history tutor: cited answers in Korean and English, and demos that really train."""

__version__ = "0.1.0"
