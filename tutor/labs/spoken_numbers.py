"""Large numbers in the words of each language."""

from __future__ import annotations

import math

from tutor.types import Lang


def rounded(number: float, lang: Lang) -> str:
    """A number of 1 or more to two digits, as it is said: 3.4, 120, 850 billion, 8,500억; 10^15 and more as a power."""
    number = float(f"{number:.2g}")
    if number >= 1e15:
        power = round(math.log10(number))
        return f"10^{power} (a 1 with {power} zeros)" if lang == "en" else f"10^{power}(1 뒤에 0이 {power}개) "
    units: dict[Lang, tuple[tuple[float, str], ...]] = {
        "en": ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")),
        "ko": ((1e12, "조 "), (1e8, "억 "), (1e4, "만 ")),
    }
    unit, word = next((pair for pair in units[lang] if number >= pair[0]), (1, ""))
    return f"{number / unit:,.1f}".removesuffix(".0") + word
