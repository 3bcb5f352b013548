"""Date expressions of registers and tags."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inducult_geo.harmonize.dates.read import (
    FIRST_YEAR,
    LAST_YEAR,
    Span,
    Years,
    date_text,
    iso_date,
    life_span,
    parse_date,
    parse_end,
    reasons_unread,
    tells_beginning,
    why_unread,
)

TABLE = Path(__file__).parent / "data" / "date_formats.csv"
REGISTERS = Path(__file__).parent / "data" / "register_dates.csv"
"""How registers of the eight countries write dates, in each language, with what a person reads in them; no years where
nobody should."""

# The table leaves the years of a list open and says in its note that the first value counts.
FIRST_OF_A_LIST = {"1890, 1912": (1890, 1890)}


def table_rows(path: Path = TABLE) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def year(text: str) -> int | None:
    return int(text[:4]) if text else None


@pytest.mark.parametrize("row", table_rows(), ids=lambda row: row["raw"])
def test_table(row: dict[str, str]) -> None:
    found = parse_date(row["raw"])
    expected = FIRST_OF_A_LIST.get(row["raw"], (year(row["earliest"]), year(row["latest"])))
    if expected == (None, None):
        assert found is None
        return
    assert found is not None
    assert (found.start, found.end) == expected
    if row["raw"] not in FIRST_OF_A_LIST:
        assert (found.precision, found.note or "") == (row["precision"], row["qualifier"])


@pytest.mark.parametrize("lang", ["de", "cs", "it", "sl", "hr", "pl", "nl", "fr", "en", "any"])
def test_registers_of_each_language(lang: str) -> None:
    rows = [row for row in table_rows(REGISTERS) if row["lang"] == lang]
    assert len(rows) > 40
    for row in rows:
        found = parse_date(row["raw"])
        expected = (row["earliest"], row["latest"], row["precision"])
        read = ("", "", "") if found is None else (str(found.start or ""), str(found.end or ""), found.precision)
        assert read == expected, row["raw"]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1868-ban", 1868, 1868), ("1880-as évek", 1880, 1889), ("19. század vége", 1870, 1899),
        ("XX. sz. eleje", 1900, 1930), ("a 19. század második fele", 1850, 1899), ("1920-tól", 1920, None),
        ("1992-ig", None, 1992), ("1782 körül", 1777, 1787), ("bezárva 1992", None, 1992), ("épült 1911", 1911, 1911),
        ("1900 előtt", None, 1899), ("1867 előtti", None, 1866), ("1945 után", 1945, None), ("előtt", None, None),
        ("1920 és 1930 között", 1920, 1930), ("1920–1930 között", 1920, 1930), ("medzi 1920 a 1930", 1920, 1930),
        ("între 1920 și 1930", 1920, 1930),
        ("30. roky 20. storočia", 1930, 1939), ("začiatok 19. storočia", 1800, 1830), ("12. mája 1923", 1923, 1923),
        ("2. polovica 19. storočia", 1850, 1899), ("zatvorený 1992", None, 1992),
        ("a doua jumătate a secolului al XIX-lea", 1850, 1899), ("sfârșitul sec. al XIX-lea", 1870, 1899),
        ("anii 1930", 1930, 1939), ("înainte de 1900", None, 1899), ("1923 - prezent", 1923, None),
    ],
)  # fmt: skip
def test_the_languages_of_the_neighbors_are_read(text: str, start: int | None, end: int | None) -> None:
    """Hungarian, Slovak and Romanian: their lists named types of works, and none of their years was read."""
    found = parse_date(text)
    assert (start, end) == (None, None) if found is None else (found.start, found.end) == (start, end)


def test_spaces_dashes_and_capitals_do_not_matter() -> None:
    for row in table_rows(REGISTERS):
        text = row["raw"]
        dashed = text if row["precision"] == "month" else text.replace("-", "–")
        others = [dashed.replace(" ", "  "), text[:1].upper() + text[1:], f" {text}\u00a0"]
        # Small letters are no Roman numerals, and a capital V or I alone is one.
        if not set(text) & set("IVX") and not set(text.lower().split()) & {"v", "i"}:
            others.append(text.upper())
        for other in others:
            assert parse_date(other) == parse_date(text), other


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("1 ćw. XX", 1900, 1924, "part_of_century"),
        ("3-4 ćw XIX", 1850, 1899, "part_of_century"),
        ("k. XIX w.", 1870, 1899, "part_of_century"),
        ("poł. XIX", 1830, 1870, "part_of_century"),
        ("pocz. XX", 1900, 1930, "part_of_century"),
        ("l. 30. XX", 1930, 1939, "decade"),
        ("20. Jhd., 80er", 1980, 1989, "decade"),
        ("20. Jh. 80er Jahre", 1980, 1989, "decade"),
        ("20. Jh. (80er Jahre)", 1980, 1989, "decade"),
        ("XIX sec. (anni '70)", 1870, 1879, "decade"),
        ("XX w. (lata 80.)", 1980, 1989, "decade"),
        ("XX w. (remont lata 80.)", 1900, 1999, "century"),
        ("20. Jh. (Anfang der 80er Jahre)", 1980, 1983, "part_of_decade"),
        ("1. ćw. XX (ok. 1910)", 1905, 1915, "year"),
        ("19. Jh. (um 1860)", 1855, 1865, "year"),
        ("19. Jh. (Umbau um 1880)", 1800, 1899, "century"),
        ("19. Jh. (um 1795)", 1800, 1899, "century"),
        ("19. Jh., 70er-80er Jahre", 1870, 1889, "range"),
        ("19. st., 70. léta", 1870, 1879, "decade"),
        ("20. Jhd., 1980er", 1980, 1989, "decade"),
        ("20th century, 80s", 1980, 1989, "decade"),
        ("80's of the 20th century", 1980, 1989, "decade"),
        ("20th century, 80s/90s", 1980, 1999, "range"),
        ("20. Jh., Ende der 80er Jahre", 1987, 1989, "part_of_decade"),
        ("20th century, late 80s", 1987, 1989, "part_of_decade"),
        ("19. Jhd., 1980er", 1800, 1899, "century"),
        ("pocz. lat 30. XX w.", 1930, 1933, "part_of_decade"),
        ("poł. lat 30. XX w.", 1933, 1937, "part_of_decade"),
        ("2 poł. lat 30. XX w.", 1935, 1939, "part_of_decade"),
        ("fine anni '20 del Novecento", 1927, 1929, "part_of_decade"),
        ("konec 20. let 20. století", 1927, 1929, "part_of_decade"),
        ("primo Ottocento", 1800, 1849, "part_of_century"),
        ("secondo Novecento", 1950, 1999, "part_of_century"),
        ("4. V. 19. Jh.", 1875, 1899, "part_of_century"),
        ("w drugiej połowie XIX w.", 1850, 1899, "part_of_century"),
        ("w końcu XIX w.", 1870, 1899, "part_of_century"),
        ("w okresie międzywojennym", 1918, 1939, "period"),
        ("v meziválečném období", 1918, 1939, "period"),
        ("u međuratnom razdoblju", 1918, 1939, "period"),
        ("v první čtvrtině 19. století", 1800, 1824, "part_of_century"),
        ("na konci 19. století", 1870, 1899, "part_of_century"),
        ("v druhej polovici 19. storočia", 1850, 1899, "part_of_century"),
        ("u prvoj četvrtini 20. stoljeća", 1900, 1924, "part_of_century"),
        ("v zadnji tretjini 19. stoletja", 1866, 1899, "part_of_century"),
        ("nella prima metà del XIX secolo", 1800, 1849, "part_of_century"),
        ("nel corso del XIX secolo", 1800, 1899, "century"),
        ("ultimi decenni del XIX secolo", 1870, 1899, "part_of_century"),
        ("zu Beginn des 20. Jahrhunderts", 1900, 1930, "part_of_century"),
        ("op het einde van de 19de eeuw", 1870, 1899, "part_of_century"),
        ("sred. 19. st.", 1830, 1870, "part_of_century"),
        ("halverwege de 19de eeuw", 1830, 1870, "part_of_century"),
        ("dans le dernier quart du XIXe siècle", 1875, 1899, "part_of_century"),
        ("18??", 1800, 1899, "century"),
        ("18XX", 1800, 1899, "century"),
        ("mur., 1899", 1899, 1899, "year"),
        ("1890 - nu", 1890, None, "open_end"),
        ("lata 80/90 XIX", 1880, 1899, "range"),
        ("k. XVIII/ 1 ćw. XIX", 1770, 1824, "range"),
        ("XIII/XIV", 1290, 1310, "turn_of_century"),
        ("XV-XVI", 1400, 1599, "range"),
        ("wzmian. 1496", None, 1496, "open_start"),
        ("okres międzywojenny", 1918, 1939, "period"),
        ("1892 przebud. 1969", 1892, 1892, "year"),
        ("Wende vom 19. zum 20. Jahrhundert", 1890, 1910, "turn_of_century"),
        ("1677 - 78", 1677, 1678, "range"),
        ("1908 –09 und 1950", 1908, 1909, "range"),
        ("1899 - 01", 1899, 1901, "range"),
        ("1850 - 19. Jh.", 1850, 1899, "range"),
        ("1890 - 12.5.1895", 1890, 1895, "range"),
        ("zwischen 1890 und 1902", 1890, 1902, "range"),
        ("von 1890 bis 1902", 1890, 1902, "range"),
        ("dal 1890 al 1902", 1890, 1902, "range"),
        ("seconda metà del XIX secolo", 1850, 1899, "part_of_century"),
        ("sec. XIX, seconda metà", 1850, 1899, "part_of_century"),
        ("fine '800", 1870, 1899, "part_of_century"),
        ("V roce 1890", 1890, 1890, "year"),
        ("01.05.1890 00:00:00", 1890, 1890, "day"),
        *((text, 1847, 1899, "range") for text in ("de 1847 à la fin du XIXe s.", "dal 1847 alla fine del XIX secolo")),
        *((text, 1700, 1999, "range") for text in ("du xviiie au xxe siècle", "XVIIIe à XXe siècle")),
        ("dal XVIII al XX secolo", 1700, 1999, "range"),
        ("anni 20-30 del sec. XX", 1920, 1939, "range"),
        ("1596-18. st.", 1596, 1799, "range"),
        ("1912-13. g.", 1912, 1913, "range"),
        ("1912./13.", 1912, 1913, "range"),
        ("1750 circa - 1930", 1750, 1930, "range"),
        ("1850 - tuttora in attività", 1850, None, "open_end"),
        ("l'896", 1896, 1896, "year"),
        ("saec. XVIII ex.", 1770, 1799, "part_of_century"),
        ("early 1900s", 1900, 1930, "part_of_century"),
        ("před rokem 1850", None, 1849, "open_start"),
        ("1. května 1890", 1890, 1890, "day"),
        ("1. Jhd", 1, 99, "century"),
        ("2. Jh. n. Chr.", 100, 199, "century"),
        ("1920 er Jahre", 1920, 1929, "decade"),
        ("70-e god. 20. st.", 1970, 1979, "decade"),
        ("30-te godine 20. stoljeća", 1930, 1939, "decade"),
        ("1890. godine", 1890, 1890, "year"),
        ("v 2. polovici 19. stoletja", 1850, 1899, "part_of_century"),
        ("eerste helft 19e eeuw", 1800, 1849, "part_of_century"),
        ("Anfang der 1920er Jahre", 1920, 1923, "part_of_decade"),
        ("mid-19th century", 1830, 1870, "part_of_century"),
        ("1958:04:11", 1958, 1958, "day"),
        ("1890-01-02 00:00:00", 1890, 1890, "day"),
        ("j:1899-12-19", 1899, 1899, "day"),
        ("j:1899-12-20", 1900, 1900, "day"),  # of the Gregorian calendar the first day of the year
        ("1905/07", 1905, 1907, "range"),
        ("1899 - 24", 1899, 1924, "range"),
        ("18./20. Jh.", 1700, 1999, "range"),
        ("between 1880 and 1990 closed", None, 1990, "open_start"),
        ("1898, closed 1945, rebuilt 1950", 1898, None, "open_end"),
        ("1998;2005", 1998, 2005, "range"),
        ("1850-1860er", 1850, 1869, "range"),
        *((told, 1890, 1890, "year") for told in ("1890.0", "1890,0", "1890,00")),
        (1890.0, 1890, 1890, "year"),
        (1890, 1890, 1890, "year"),
    ],
)
def test_registers(text: str | float, start: int | None, end: int | None, precision: str) -> None:
    found = parse_date(text)
    assert found is not None
    assert (found.start, found.end, found.precision) == (start, end, precision)


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "-", "?", "19", "I", "V", "X", "12", "90er Jahre", "lata 20.", "anni Trenta", "1902-1890", "3000"),
        *("18905", "189012", "1890.012"),
        *("1890 foo", "foo 1890", "480 BC", "v. Chr. 500", "31.02.1900", "2200", "1890-00", "約1890", "x" * 5000),
        # Which century? Extended, but when built? Before a span of years?
        *("jaren '30", "30-ih", "anni '20", "třicátá léta", "lata dwudzieste", "1912 erweitert", "1969 przebudowany"),
        *("zbořeno 1990", "vor 1890-1902", "po 1890-1902", "turn of the century", "přelom století", "19 th", "1890th"),
        *("1850; since 1920", "until 1990; 1850", "1899 - 25", "1920s/35", "lata 25. XX w."),
        *("begin jaren 1953", "1930s/20s", "koniec 25. lat XX w.", "terzo Novecento"),
        # A decade or a century?
        *("mid-1800s", "late 1900s"),
        *("1;" * 150, "(((", "{19}{", "[..]", "/", "--", 0, 12.5, 36526.0, float("nan"), float("inf"), True, -5000),
    ],
)
def test_unreadable(text: str | float | None) -> None:
    assert parse_date(text) is None


SLIPPED = st.builds(
    lambda text, at, put: text[:at] + put + text[at + 1 :],
    st.sampled_from([row["raw"] for row in table_rows(REGISTERS)]),
    st.integers(0, 20),
    st.sampled_from("0123456789") | st.text("XIV.-/~?,;() wcrlpolsecuek", max_size=2),
)
"""What a register holds, with a slip in it: of signs put together by chance one in sixty is a date."""


@settings(max_examples=300)
@given(SLIPPED | st.text(max_size=60))
def test_any_text_gives_ordered_years_or_none(text: str) -> None:
    found = parse_date(text)
    if found is not None:
        known = [value for value in (found.start, found.end) if value is not None]
        assert known
        assert known == sorted(known)
        assert all(FIRST_YEAR <= value <= LAST_YEAR for value in known)


@given(st.integers(100, LAST_YEAR))
def test_a_plain_year_is_itself(value: int) -> None:
    assert parse_date(str(value)) == parse_date(float(value)) == Years(value, value, "year")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("1890", "1990", Span(1890, 1990, "year")),
        ("1890-1902", None, Span(1890, None, "range")),
        ("1897-1899", None, Span(1897, None, "decade")),
        ("1897-1908", "1950", Span(1897, 1950, "range")),
        (None, "1985-1990", Span(None, 1990, "decade")),
        ("1890-1902", "1890-1902", Span(1890, 1902, "year")),
        ("1904-1990er", "1904-1990er", Span(1904, 1999, "year")),
        ("19. Jh. - 1950", "19. Jh. - 1950", Span(1800, 1950, "century")),
        ("ca. 1850-1900", "ca. 1850-1900", Span(1850, 1900, "approximate", "approximate")),
        ("1850 - ca. 1900", "1850 - ca. 1900", Span(1850, 1900, "year", "approximate")),
        ("(1850-1900)", "(1850-1900)", Span(1850, 1900, "approximate", "uncertain")),
        ("lata 80/90 XIX", "lata 80/90 XIX", Span(1880, None, "range", "within")),
        ("1890/91", "1890/91", Span(1890, None, "decade", "within")),
        ("1620/1857", "1620/1857", Span(1620, None, "range", "within; multiple_values")),
        ("1620-1857", "1620-1857", Span(1620, 1857, "year")),
        ("1890-05-01/1990-12-31", "1890-05-01/1990-12-31", Span(1890, 1990, "day")),
        (None, "closed in the 20th century", Span(None, None, None)),
        ("zamknięta w XX w.", "zamknięta w XX w.", Span(None, None, None)),
        ("built 1890, closed in the 20th century", "built 1890, closed in the 20th century", Span(1890, None, "year")),
        (None, "end of the production 1990", Span(None, 1990, "year")),
        ("v 1930. letech", "1950. léta", Span(1930, 1959, "decade")),
        ("1898", "1945, 1998", Span(1898, None, "year")),
        (None, "1945 und 1998", Span(None, None, None)),
        (None, "1998; 2003", Span(None, None, None)),
        (None, "1898–1945, 1947–1993", Span(None, 1993, "range", "multiple_values")),
        ("seit 1950", "seit 1950", Span(1950, None, "year")),
        ("1950-", None, Span(1950, None, "year")),
        ("seit ca. 1950", None, Span(1950, None, "approximate", "approximate")),
        ("nach 1950", None, Span(1950, None, "open_end")),
        ("bis 1990", "bis 1990", Span(None, 1990, "year")),
        ("-1990", "-1990", Span(None, 1990, "year")),
        ("bis 1990", None, Span(None, None, None)),
        (None, "vor 1990", Span(None, 1989, "open_start")),
        ("vor 1900", "1950", Span(None, 1950, "year")),
        ("wzmian. 1496", "wzmian. 1496", Span(None, None, None, "mention")),
        ("tussen 1870 en 1880", "tussen 1870 en 1880", Span(1870, None, "decade", "within")),
        ("zwischen 1870-1880", "zwischen 1870-1880", Span(1870, None, "decade", "within")),
        ("XVIII-XIX sec.", "XVIII-XIX sec.", Span(1700, None, "range", "within")),
        ("fine '800 - primi '900", "fine '800 - primi '900", Span(1870, None, "range", "within; approximate")),
        ("1890 oder 1891", "1890 oder 1891", Span(1890, None, "decade", "within")),
        ("1917-1988 (1950)", "1917-1988 (1950)", Span(1917, 1988, "year", "extra_text")),
        ("19. Jh. (1850-1870)", "19. Jh. (1850-1870)", Span(1850, None, "range", "within")),
        ("1850; 1920", "1850; 1920", Span(1850, None, "range", "multiple_values; within")),
        ("1850-1870; 1900-1920", "1850-1870; 1900-1920", Span(1850, 1920, "year", "multiple_values")),
        ("1890", "1890", Span(1890, None, "year")),
        ("vor 1900", "vor 1900", Span(None, None, None)),
        ("um 1890", None, Span(1890, None, "approximate", "approximate")),
        (None, "um 1990", Span(None, 1990, "approximate", "approximate")),
        ("1890?", None, Span(1890, None, "approximate", "uncertain")),
        ("2 poł. XIX w.", "l. 90. XX", Span(1850, 1999, "part_of_century")),
        (None, "1990", Span(None, 1990, "year")),
        ("nonsense", None, Span(None, None, None)),
        ("1907 (sluiting 1987)", None, Span(1907, None, "year")),
        ("1907 (sluiting 1987)", "1907 (sluiting 1987)", Span(1907, 1987, "year")),
        ("ca. 1857, closed 1991", "ca. 1857, closed 1991", Span(1857, 1991, "approximate", "approximate")),
        (None, "zal. 1896, zrušeno 1998", Span(None, 1998, "year")),
        ("1898–1945, 1947–1993", "1898–1945, 1947–1993", Span(1898, 1993, "year", "multiple_values")),
        ("1898-1945, ab 1947", "1898-1945, ab 1947", Span(1898, None, "range", "multiple_values; within")),
        ("1898-1945, 1950 abgerissen", "1898-1945, 1950 abgerissen", Span(1898, 1945, "year", "multiple_values")),
        ("1872–1991 (stillgelegt)", None, Span(1872, None, "year")),
        ("1872–1991 (stillgelegt)", "1872–1991 (stillgelegt)", Span(1872, 1991, "year")),
        ("1872-1991 closed", "1872-1991 closed", Span(1872, 1991, "year")),
        ("1872-1991 (closed), reopened 1999", None, Span(1872, None, "range", "multiple_values; within")),
        ("1988-1990 stillgelegt", "1988-1990 stillgelegt", Span(None, 1990, "decade")),
        (None, "closed between 1930 and 1950", Span(None, 1950, "range", "within")),
        ("seit 1871/72", None, Span(1871, None, "decade", "within")),
        (None, "bis 1945/46", Span(None, 1946, "decade", "within")),
        ("1898-1913; 1930", "1898-1913; 1930", Span(1898, None, "range", "multiple_values; within")),
        ("1872/1991 closed", "1872/1991 closed", Span(1872, 1991, "year")),
        (None, "1945/1998", Span(None, None, None)),
        ("1850", "od 1890 do XX w.", Span(1850, None, "year")),
        ("1850", "Ende 19./Anfang 20. Jh.", Span(1850, None, "year")),
        ("zal. 1848, zruš. 1951", "zal. 1848, zruš. 1951", Span(1848, 1951, "year")),
        ("1872-1991, seit 1995 Museum", "1872-1991, seit 1995 Museum", Span(1872, 1991, "year", "multiple_values")),
        ("1872-1991, od 1995 muzeum", "1872-1991, od 1995 muzeum", Span(1872, 1991, "year", "multiple_values")),
        (None, "closed 1945, rebuilt 1950", Span(None, None, None)),
        (None, "closed 1945, demolished 1950", Span(None, 1945, "year", "multiple_values")),
        ("gegr. 1872, geschlossen 1945, Wiederaufbau 1950", None, Span(1872, None, "year", "multiple_values")),
        ("1872-1945, odbudowa 1950", "1872-1945, odbudowa 1950", Span(1872, None, "range", "within; multiple_values")),
        ("4/4 XIX w.", None, Span(1875, None, "part_of_century")),
        ("2/2 19. stol.", None, Span(1850, None, "part_of_century")),
        ("anno MDCCCXLIX", None, Span(1849, None, "year")),
        ("MCMXII-MCMXCI", "MCMXII-MCMXCI", Span(1912, 1991, "year")),
        ("MIX 1890", None, Span(None, None, None)),
        ("vor 1850 bis nach 1945", "vor 1850 bis nach 1945", Span(None, None, None)),
        ("med obema vojnama", None, Span(1918, None, "period", "approximate")),
        ("1870er-Jahre", None, Span(1870, None, "decade")),
        ("u razdoblju 1872-1991", "u razdoblju 1872-1991", Span(1872, 1991, "year")),
        ("1900", "31.12.1900", Span(1900, 1900, "year")),
        ("1920; 1850s", None, Span(1850, None, "range", "multiple_values; within")),
        ("1970-01-01", None, Span(1970, None, "day", "suspect_placeholder")),
        ("1990", "1890", Span(1990, None, "year", "end 1890 before start 1990: left out")),
    ],
)
def test_life_span(start: str | None, end: str | None, expected: Span) -> None:
    found = life_span(start, end)
    assert replace(found, end_precision=None) == expected
    assert (found.end_precision is None) == (found.end_year is None)


@pytest.mark.parametrize(
    ("start", "end", "exact"),
    [
        ("1904", "1990s", "decade"),
        ("1904-1990s", "1904-1990s", "decade"),
        ("1890er-1991", "1890er-1991", "year"),
        ("1904", "1904-1991", "year"),
        ("1904", "1989-1991", "decade"),
        ("1904", "zwischen 1950 und 1990", "range"),
        ("1904", "um 1990", "approximate"),
        ("1904", "1990?", "approximate"),
        ("1872–ca. 1990", "1872–ca. 1990", "approximate"),
        ("1904", "before 1990", "open_start"),
        ("1904", "19.5.1990", "day"),
        ("1904", "until 1990", "year"),
        (None, "1990er", "decade"),
        ("closed 1990", "closed 1990", "year"),
        ("gegr. 1872, stillgelegt 1990er", "gegr. 1872, stillgelegt 1990er", "decade"),
        ("um 1872, stillgelegt 1991", "um 1872, stillgelegt 1991", "year"),
        ("gegr. 1872, stillgelegt um 1990", "gegr. 1872, stillgelegt um 1990", "approximate"),
        ("1872-1991 (stillgelegt)", "1872-1991 (stillgelegt)", "year"),
        ("1904", "1990 closed", "year"),
        ("1990", "1890", None),
    ],
)
def test_an_end_has_a_precision_of_its_own(start: str | None, end: str, exact: str | None) -> None:
    assert life_span(start, end).end_precision == exact


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1898 (progetto)", "names a plan, not the beginning of work"),
        ("1888-1996 (closed), in use again from 1999", "names a closing, with words beside it that are not understood"),
        ("anni Trenta", "names no century"),
        (
            "33017",
            "may be how a spreadsheet counts days (33000 is 1990-05-07): show the column as dates there, and save it",
        ),
        ("années 30", "names no century"),
        ("dertiger jaren", "names no century"),
        ("lata 30.", "names no century"),
        ("in Betrieb", "may mean when work began, or when it was seen to be going on"),
        ("v provozu 1998", "may mean when work began, or when it was seen to be going on"),
        ("closed 1945, rebuilt 1950", "names a closing and a rebuilding after it"),
        ("1. poł.", "names no century"),
        *((text, "names no century") for text in ("80er", "80 er", "10er - 20er", "20er/30er", "80-te")),
        ("2. Hälfte", "names no century"),
        ("pocz.", "names no century"),
        ("mid-1800s", "may mean a decade or a whole century"),
        ("kiedyś", None),
    ],
)
def test_what_is_not_read_says_what_it_lacks(text: str, reason: str | None) -> None:
    assert parse_date(text) is None
    assert why_unread(text) == reason


def test_a_list_of_ends_says_what_it_lacks() -> None:
    assert parse_end("1945, 1998") is None
    assert reasons_unread(["1945, 1998"]) == " '1945, 1998' names several years, but not the year in which work ended."
    for text in ("XX w.", "closed in the 20th century"):
        assert reasons_unread([text]) == f" '{text}' names a century alone, but not the year in which work ended."
    assert [
        parse_end(text) is None for text in ("XX w.", "konec 20. století", "1998", "1990er Jahre", "until 1990")
    ] == [
        *(True, True),
        *(False, False, False),
    ]
    assert life_span("1850", "XX w.") == Span(1850, None, "year")
    assert life_span("1850", "bis 1945") == Span(1850, 1945, "year", end_precision="year")


def test_register_of_poznan(shared: Path) -> None:
    import pyogrio

    path = shared / "data" / "monuments" / "poznan_register_points.gpkg"
    texts = pyogrio.read_dataframe(path, read_geometry=False, columns=["POWSTANIE"])["POWSTANIE"].dropna()
    unread = [text for text in texts.unique() if parse_date(text) is None]
    assert len(texts) == 2016
    assert unread == []


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("1890¹", 1890, 1890), ("1890-1912³", 1890, 1912), ("2 poł. XIX w.²", 1850, 1899), ("(1890²)", None, None)],
)
def test_the_mark_of_a_footnote_is_no_figure(text: str, start: int | None, end: int | None) -> None:
    years = parse_date(text)
    assert (years.start, years.end) == (start, end) if years else start is None


@pytest.mark.parametrize("text", ["187²", "19² Jh."])
def test_a_figure_that_is_set_high_is_not_put_to_the_others(text: str) -> None:
    """It made the year 1872 of 187²."""
    assert parse_date(text) is None


def test_of_two_years_of_closing_none_is_taken() -> None:
    assert life_span("closed 1872/1991", "closed 1872/1991").end_year is None
    assert life_span("1850", "closed 1872/1991").end_year is None
    assert life_span("1850", "closed 1990/1991").end_year == 1991
    assert life_span("1872/1991 closed", "1872/1991 closed").end_year == 1991


@pytest.mark.parametrize(
    ("text", "end", "reason"),
    [
        ("closed 1872/1991", "closed 1872/1991", "names several years, but not the year in which work ended"),
        ("closed 1872/1991", None, "names several years, but not the year in which work ended"),
        ("closed 1990", None, "says when work ended, but not when it began: if the column holds both, map it as "
                              "`end`, too"),
        ("before 1939", None, "only says what it is older than"),
        ("vor 1900", "vor 1900", "only says what it is older than"),
        ("wzmian. 1412", None, "says when the place was seen, not when work began"),
        ("1412 (erste Erwähnung)", None, "says when the place was seen, not when work began"),
    ],
)  # fmt: skip
def test_a_text_of_which_no_year_is_taken_is_no_beginning(text: str, end: str | None, reason: str) -> None:
    """It was read, gave no year, and nobody was told."""
    assert life_span(text, end).start_year is None
    assert not tells_beginning(text, end)
    assert why_unread(text) == reason


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("½ XIX w.", (1800, 1849)),
        ("¾ XIX w.", (1850, 1874)),
        ("1750 / 1750", (1750, 1750)),
        ("1. helft 19e eeuw / 1ère moitié du 19e s.", (1800, 1849)),
        ("v. 1900", None),  # in German before it, in Czech in it
        ("v 1900", (1900, 1900)),
    ],
)
def test_halves_in_one_sign_and_years_in_two_languages(text: str, years: tuple[int, int] | None) -> None:
    found = parse_date(text)
    assert (found and (found.start, found.end)) == years


def test_years_in_both_languages_of_a_column_are_a_life() -> None:
    span = life_span("1907-1987 / 1907-1987", "1907-1987 / 1907-1987")
    assert (span.start_year, span.end_year) == (1907, 1987)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("1907-01-01T00:00:00Z", "1907"),
        ("1907-01-01 00:00:00", "1907"),
        ("1907-01-01T00:00:00.000Z", "1907"),
        ("+1866-00-00T00:00:00Z", "1866"),
        ("1866-00-00", "1866"),
        ("01.01.1907 00:00:00", "1907"),
        ("1907-01-01", "1907-01-01"),
        ("1907-03-01T00:00:00Z", "1907-03-01T00:00:00Z"),
        ("1907-01-01T08:30:00Z", "1907-01-01T08:30:00Z"),
        ("http://www.wikidata.org/.well-known/genid/3c9e", None),
    ],
)
def test_a_year_that_is_written_as_a_moment_is_a_year(cell: str, text: str | None) -> None:
    assert date_text(cell) == text


@pytest.mark.parametrize(
    "cell",
    [
        *("0000-00-00", "0000-00-00 00:00:00", "0001-01-01T00:00:00", "1.1.0001 0:00:00", "01/01/0001", "31.12.9999"),
        "http://www.wikidata.org/.well-known/genid/3c9e",
        *("00.00.0000", "9999-12-31", "9999-12-31T23:59:59Z", "31/12/9999", "0", "0000", "999", "9999", 0, 9999.0),
    ],
)
def test_what_databases_write_for_no_date_is_no_year(cell: Any) -> None:
    assert date_text(cell) is None


@pytest.mark.parametrize("cell", ["1899-12-30", "30.12.1899", "30.12.1899 00:00:00", "l890", "I890"])
def test_the_zero_of_access_and_a_letter_for_a_digit_are_told(cell: str) -> None:
    assert date_text(cell) is not None
    assert parse_date(cell) is None
    assert parse_end(cell) is None


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31.12.2025", "2025-12-31"),
        ("31.12.2100", "2100-12-31"),
        ("2101-01-01", None),
        *((text, text) for text in ("2024", "2024-05", "2024-05-17", "2024-05-17T08:30:00Z")),
        *((text, None) for text in ("2024-13", "2024-02-30", "vorigen Mai", None)),
        *((text, None) for text in ("0001-01-01", "31.12.9999", "30.12.1899", "1899-12-30 00:00:00")),
    ],
)
def test_a_day_that_stands_for_none_is_none(cell: str | None, day: str | None) -> None:
    """Of records that contradict each other the youngest counts."""
    assert iso_date(cell) == day


def test_what_tells_a_year_is_a_beginning() -> None:
    for text, end in (
        ("1872", None),
        ("closed 1990", "closed 1990"),
        ("1872/1991 closed", None),
    ):
        assert tells_beginning(text, end)
    assert not tells_beginning("kiedyś")
    assert tells_beginning("before 1939", None, {"before 1939"}), "a person wrote that into the contract"
    assert not tells_beginning("kiedyś", None, {"kiedyś"})
