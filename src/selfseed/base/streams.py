"""Named random streams: the key that stands for (seed, replicate), the same in every process and thread."""

import hashlib

SEED_LIMIT = 2**63
"""Seeds are whole numbers from 0 up to, not including, this."""


def replicate_key(seed: int, replicate: int) -> int:
    """Return the 64-bit key of one replicate of a seed, the same on every machine and in every arm.

    Parameters
    ----------
    seed : int, 0 <= seed < 2**63
    replicate : int, >= 0
    """
    digest = hashlib.blake2b(f"selfseed {seed} {replicate}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
