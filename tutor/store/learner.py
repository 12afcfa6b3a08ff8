"""Who a row belongs to."""

from __future__ import annotations

import hashlib

SECRET_LENGTH = 32  # characters at least of the secret that a learner's browser draws; a shorter one is not trusted


def learner_of(secret: str) -> str:
    """The name under which a learner's rows are kept: by it alone, nobody can ask for them."""
    return hashlib.sha256(secret.encode()).hexdigest()
