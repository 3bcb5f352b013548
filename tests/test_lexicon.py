"""The words that names are made of: forms, compounds, phrases and towns, in the languages of Europe's lists."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inducult_geo.catalog.labels import LANGUAGES
from inducult_geo.text import lexicon as module
from inducult_geo.text.folding import fold, fold_once, spelling_key
from inducult_geo.text.lexicon import foreign_words, lexicon, place_names, split_words, token_in_words
from inducult_geo.text.tables import packaged_rows
from inducult_geo.text.tokens import (
    GUESSABLE_ROLES,
    name_concepts,
    name_tokens,
    say_themselves,
    town_words,
    word_concepts,
)

LETTERS = st.text(alphabet=st.characters(categories=("L", "M", "N", "P", "Zs")), max_size=40)


def concepts(name: str) -> set[str]:
    return {concept.token for concept in name_concepts(name)}


@pytest.mark.parametrize(
    ("forms", "token"),
    [
        (("Ziegelei", "Ziegeleien"), "@brickworks"),
        (("cegielnia", "cegielni", "cegielnię"), "@brickworks"),
        (("cihelna", "cihelny", "cihelnou"), "@brickworks"),
        (("fornace", "fornaci"), None),
        (("pivovar", "pivovaru", "pivovary"), "@brewery"),
        (("papeterie", "Papeteries"), "@paper_mill"),
        (("azucarera", "Azucareras"), "@sugar"),
        (("panncentral", "panncentralen"), "@heating"),
        (("teglværk", "Teglværket"), "@brickworks"),
        (("téglagyár", "téglagyára"), "@brickworks"),
        (("rafinărie", "Rafinăria"), "@refinery"),
        (("tehdas", "tehtaat", "tehtaan"), "@factory"),
        (("kotolňa", "kotolne", "kotolni"), "@heating"),
        (("χαρτοποιία", "ΧΑΡΤΟΠΟΙΪΑ"), "@paper_mill"),
        # Last letters that turn.
        (("brewery", "Breweries"), "@brewery"),
        (("fabbrica", "Fabbriche"), "@factory"),
        (("conceria", "concerie"), "@tannery"),
        (("rudnik", "rudnici", "rudnika"), "@mine"),
        (("fundição", "Fundições"), "@foundry"),
        (("kaivos", "kaivokset", "kaivoksen"), "@mine"),
        (("λατομείο", "λατομεία", "λατομείου"), "@quarry"),
        # Compounds that the table has not.
        (("Dachpappenfabrik", "Dachpappenfabriken"), "@factory"),
        (("fruitstokerij", "fruitstokerijen"), "@distillery"),
        (("Stoomcentrale", "Stoomcentrales"), "@power_station"),
        (("Citycentral", "Vårdcentralen"), None),
        # Phrases, as registers write them.
        (("power station", "Power Stations"), "@power_station"),
        (("Chemische Fabrik", "der Chemischen Fabrik", "Chemischer Fabriken"), "@chemical"),
        (("młyn wodny", "młyna wodnego", "młyny wodne"), "@watermill"),
        (("wielki piec", "wielkiego pieca", "wielkie piece", "wielkich pieców"), "@blast_furnace"),
        (("vodní mlýn", "areál vodního mlýna", "vodní mlýny"), "@watermill"),
        (("těžní věž", "těžní věže", "těžních věží"), "@headframe"),
        (("vodni mlin", "vodnega mlina", "vodni mlini"), "@watermill"),
        (("visoka peć", "visoke peći"), "@blast_furnace"),
        (("površinski kop", "površinskog kopa"), "@opencast"),
        (("centrale idroelettrica", "Centrali Idroelettriche"), "@hydro"),
        (("cité ouvrière", "cités ouvrières"), "@worker_housing"),
        # The phrase as it is written comes before forms of another language's.
        (("central térmica", "centrales térmicas"), "@power_station"),
    ],
)
def test_every_form_of_a_word_means_the_same(forms: tuple[str, ...], token: str | None) -> None:
    found = [frozenset(concepts(form)) for form in forms]
    assert len(set(found)) == 1, dict(zip(forms, found, strict=True))
    if token:
        assert token in found[0]


def test_tokens_are_told_as_a_person_reads_them():
    assert [*map(token_in_words, ("@coal_mine", "#4", "malapanew"))] == ["coal mine", "4", "malapanew"]


def test_what_a_word_begins_with() -> None:
    known = lexicon()
    beginnings = {word[:end] for word in known.words for end in range(1, len(word))}
    asked = [
        *beginnings | {*known.words} | {word + end for word in known.words for end in ("a", "z", "ø", "\U0010ffff")}
    ]
    assert {part for part, is_begun in zip(asked, known.begun(asked), strict=True) if is_begun} == beginnings


def test_words_that_say_themselves_at_a_glance_are_no_concepts() -> None:
    words = [*lexicon().words, *(f"xyz{head}" for head in lexicon().heads), "iv", "der", "b", "42", "a2a", "zwickau"]
    told = [word for word, says in zip(words, say_themselves(words), strict=True) if says]
    assert told == ["zwickau"]


def test_a_compound_is_read_by_its_longest_head() -> None:
    """A word that is none of the table: a beginning of three letters at least, and the longest head that it ends in."""
    known = lexicon()
    for head in known.heads:
        word = f"xyzq{head}"
        cut = next(cut for cut in range(3, len(word)) if word[cut:] in known.heads)
        assert word_concepts(word) == (word[:cut], known.heads[word[cut:]])
        assert word_concepts(f"xy{head}")[0] != "xy"


def test_a_term_of_the_table_is_its_own_concept_in_every_language() -> None:
    """Each single word of the table is found as itself, whatever forms other words have."""
    known = lexicon()
    rows = [row for row in packaged_rows("name_concepts.csv") if len(split_words(row["term"])) == 1]
    lost = [row["term"] for row in rows if len(w := split_words(row["term"])[0]) > 1 and w not in known.words]
    assert lost == []
    assert len(rows) > 500


def test_no_phrase_is_a_form_of_one_that_says_another_thing() -> None:
    """Two phrases may have forms in common only where they say the same, or where both are in the table as written."""
    known = lexicon()
    forms: dict[str, set[str]] = {}
    for form, words in known.in_phrases.items():
        for word in words:
            forms.setdefault(word, set()).add(form)
    phrases = [phrase for group in known.phrases.values() for phrase in group]
    shared = {
        (" ".join(one), " ".join(other))
        for (one, said), (other, says) in combinations(phrases, 2)
        if len(one) == len(other) and said.token != says.token
        if all(not forms[a].isdisjoint(forms[b]) for a, b in zip(one, other, strict=True))
    }
    written = {("centrale termica", "central termica"), ("centrale termica", "centrales termicas")}
    assert shared <= written | {("central termica", "centrala termica")}


def test_phrases_are_tried_longest_first() -> None:
    for group in lexicon().phrases.values():
        lengths = [len(words) for words, _ in group]
        assert lengths == sorted(lengths, reverse=True)


def test_a_phrase_is_stronger_than_its_words() -> None:
    for first, group in lexicon().phrases.items():
        for words, concept in group:
            assert words[0] == first
            assert len(words) > 1
            assert concept.token.startswith("@")


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("Billeruds pappersbruk", ("billeruds", "@paper_mill")),
        ("Stenpappersbruk", ("sten", "@paper_mill")),
        ("Villatehdas", ("villa", "@factory")),
        ("Kábelgyár", ("kabel", "@factory")),
        ("Keiserbryggeri", ("keiser", "@brewery")),
    ],
)
def test_compounds_end_in_the_trade_in_the_languages_that_form_them(name: str, tokens: tuple[str, ...]) -> None:
    assert name_tokens(name) == tokens


@pytest.mark.parametrize(
    ("name", "country", "tokens"),
    [
        # Towns, districts, a river, a castle, a firm.
        ("Tatabánya", "HU", ("tatabanya",)),
        ("Rudabánya", None, ("rudabanya",)),
        ("Kőbánya", "HU", ("kobanya",)),
        ("Ebersbach an der Fils", "DE", ("ebersbach", "fils")),
        ("Zámek Veveří", "CZ", ("zamek", "veveri")),
        ("SIA d.o.o.", "SI", ("sia",)),
        # Wood, and a forest: no article.
        ("Les Bled d.o.o.", "SI", ("les", "bled")),
        ("Slavkovský les", "CZ", ("slavkovsky", "les")),
        # Farming.
        ("Landbruk Nord", "NO", ("@farming", "nord")),
        ("Jordbruk Nord", None, ("@farming", "nord")),
        # In their own countries they are what they are there.
        ("Szénbánya", "HU", ("@coal_mine",)),
        ("Sucrerie Ouvré Fils SA", "FR", ("@sugar", "ouvre")),
        ("Simonin et Fils", "FR", ("simonin",)),
        ("Παπαδόπουλος & ΣΙΑ ΟΕ", "GR", ("papadopoulos",)),
    ],
)
def test_a_word_that_is_a_name_elsewhere_is_none_of_trade(name: str, country: str, tokens: tuple[str, ...]) -> None:
    assert name_tokens(name, country=country) == tokens


def test_words_of_other_countries_change_none_of_the_regions() -> None:
    """A word of the eight regions' languages means the same with the words of their neighbors beside it as without."""
    rows = packaged_rows("name_concepts.csv")
    own = [row for row in rows if row["lang"] in LANGUAGES]
    terms, known = module._terms(own), lexicon()
    alone = module._inflected(own, terms)
    alone |= {words[0]: concept for words, concept in terms.items() if len(words) == 1 and len(words[0]) > 1}
    assert {word: known.words[word].token for word in alone} == {word: said.token for word, said in alone.items()}
    works = {word: said for word, said in alone.items() if said.role != module.PRODUCT}
    assert {word: known.words.get(word) for word in works} == works


def test_a_form_that_two_concepts_share_means_neither() -> None:
    rows = [
        {"concept_id": "one", "lang": "pl", "term": "kuznia", "role": "generic", "type_id": "a"},
        {"concept_id": "two", "lang": "pl", "term": "kuznie", "role": "generic", "type_id": "b"},
    ]
    terms = module._terms(rows)
    forms = module._inflected(rows, terms)
    assert "kuzniach" not in forms


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_form_that_works_and_a_product_share_means_the_works(order: tuple[int, int]) -> None:
    rows = [
        {"concept_id": "mill", "lang": "sk", "term": "papieren", "role": "specific", "type_id": "paper_mill"},
        {"concept_id": "mill", "lang": "de", "term": "Papier", "role": "product", "type_id": ""},
        {"concept_id": "mill", "lang": "pl", "term": "papieren", "role": "product", "type_id": ""},
    ]
    given = [rows[2 * order[0]], rows[1], rows[2 * order[1]]]
    terms = module._terms(given)
    assert terms[("papieren",)].types == ("paper_mill",)
    assert module._inflected(given, terms)["papieren"].types == ("paper_mill",)


@pytest.mark.parametrize(
    ("name", "country", "tokens"),
    [
        ("Stora Enso Paper", "DE", ("stora", "enso", "@paper_mill")),
        ("Wytwórnia papieru Malta", "PL", ("@factory", "@paper_mill", "malta")),
        ("Voestalpine Stahl Linz", "AT", ("vostalpine", "@iron_and_steel", "linz")),
        ("Papier Mühle", "DE", ("@paper_mill",)),
        # No head of a compound, and in its own countries alone where it is short.
        ("Douglas", "DE", ("douglas",)),
        ("Stal", "NL", ("stal",)),
        ("Stal", "PL", ("@iron_and_steel",)),
    ],
)
def test_what_works_make_is_compared_as_the_works(name: str, country: str, tokens: tuple[str, ...]) -> None:
    assert name_tokens(name, country=country) == tokens


def test_one_term_of_two_concepts_keeps_both_types() -> None:
    rows = [
        {"concept_id": "mill", "lang": "en", "term": "mill", "role": "generic", "type_id": "a"},
        {"concept_id": "press", "lang": "en", "term": "mill", "role": "generic", "type_id": "b"},
    ]
    (concept,) = module._terms(rows).values()
    assert concept.token == "@mill"
    assert concept.types == ("a", "b")


@pytest.mark.parametrize(
    ("name", "country", "tokens"),
    [
        ("K. k. priv. Papierfabriks-Actien-Gesellschaft Leykam", "AT", ("@paper_mill", "leykam")),
        ("Vorm. Skodawerke Act.-Ges.", "CZ", ("skoda", "@factory")),
        ("Nástupce J. Novák, cukrovar", "CZ", ("novak", "@sugar")),
        ("J. Mayer's Wwe. & Comp., Nachf.", None, ("mayer",)),
        ("Soc. An. Cartiere Burgo", "IT", ("@paper_mill", "burgo")),
        ("Spółka Akcyjna Cukrownia Opole", "PL", ("@sugar", "opole")),
        ("Naamloze Vennootschap Suikerfabriek, voorheen Wed. Peeters", "BE", ("@sugar", "peeters")),
    ],
)
def test_what_old_directories_say_of_a_firm_is_no_name(name: str, country: str | None, tokens: tuple[str, ...]) -> None:
    assert name_tokens(name, country=country) == tokens


TOWNS = [("Karlsbad", None), ("Karlsbad-Fischern", "CZ"), ("Eger", "HU"), ("Eger", "CZ"), ("Leoben", "AT"), ("", None)]


@pytest.mark.parametrize(
    ("name", "other", "country"),
    [
        ("Karlsbad", "Karlovy Vary", "CZ"),
        ("Falkenau", "Sokolov", "CZ"),
        ("Oppeln", "Opole", "PL"),
    ],
)
def test_a_foreign_name_of_a_town_is_the_towns_own(name: str, other: str, country: str) -> None:
    assert name_tokens(f"Brauerei {name}", country=country) == name_tokens(f"Brauerei {other}", country=country)


def test_a_town_is_read_by_its_own_name() -> None:
    """In its country, and long names anywhere; with what else stands in the cell."""
    read = [town_words(town, country=land) for town, land in TOWNS]
    assert read == [("karlovy", "vary"), ("karlovy", "vary", "rybare"), ("eger",), ("cheb",), ("leoben",), ()]


def test_short_foreign_names_count_in_their_country_only() -> None:
    anywhere = {"".join(words) for group in place_names(None).values() for words, _ in group}
    assert min(map(len, anywhere)) >= module._EXONYM_ANYWHERE_FROM
    # Wałbrzych was called as a town of Saxony is.
    assert "liegnitz" in anywhere
    assert "waldenburg" not in anywhere
    assert town_words("Waldenburg", country="PL") == ("walbrzych",)
    assert sum(map(len, place_names("CZ").values())) > 0
    assert place_names("XX") == {}


def test_a_towns_name_leads_to_another_spelling_always() -> None:
    for country in (None, "CZ", "PL", "IT", "SI", "HR"):
        for group in place_names(country).values():
            for words, town in group:
                assert words != town.types
                assert town.types


@given(LETTERS)
def test_words_are_folded_and_hold_no_signs(text: str) -> None:
    for word in split_words(text):
        assert word
        assert "_" not in word
        assert not any(char.isspace() for char in word)


@given(LETTERS)
def test_the_canonical_spelling_is_the_first_of_all(text: str) -> None:
    assert fold(text)[0] == fold_once(text)
    assert len(set(fold(text))) == len(fold(text))


@given(LETTERS)
def test_tokens_are_the_same_each_time_and_none_twice(name: str) -> None:
    tokens = name_tokens(name)
    assert tokens == name_tokens(name)
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mühle", "Muehle"), ("Đurđevac", "Djurdjevac"), ("Łódź", "Lodz"), ("Straße", "Strasse"), ("ČSA", "csa")],
)
def test_two_spellings_have_one_key(one: str, other: str) -> None:
    assert spelling_key(one) == spelling_key(other)


def test_roles_that_name_a_type_do() -> None:
    """A concept that says what a site is names a type; the table has no row that promises one and gives none."""
    silent = [
        row["term"] for row in packaged_rows("name_concepts.csv") if row["role"] == "generic" and not row["type_id"]
    ]
    assert "generic" in GUESSABLE_ROLES
    assert silent == []


def test_every_language_of_the_words_is_spoken_in_a_country_and_every_country_has_words() -> None:
    spoken = {language for row in packaged_rows("languages.csv") for language in row["languages"].split()}
    assert spoken == {row["lang"] for row in packaged_rows("name_concepts.csv")}


def test_short_words_are_foreign_where_their_language_is_not_spoken() -> None:
    known = lexicon()
    assert known.local["bruk"] == {"sv", "nb"}
    assert "bruk" in foreign_words("PL")
    assert not {"bruk"} & (foreign_words("FI") | foreign_words("NO") | foreign_words(None) | foreign_words("US"))
    # Long words, English ones and those that say nothing mean the same everywhere.
    for word in ("papierfabrik", "mill", "cie"):
        assert word in known.words
        assert word not in known.local


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("Cukrownia Krochmalna", {"@sugar"}),  # a street of Lublin and Warsaw
        ("Cihelna Valcha", {"@brickworks"}),  # a quarter of Plzeň
        ("Cegielnia Glinianka", {"@brickworks"}),  # a village
        ("Žaga Glažuta", {"@sawmill"}),  # a village
        ("Dělnický dům", set()),  # a hall of assembly, no dwelling
        ("Prachárna", set()),  # a store, more often than a mill
        ("Dachpappenfabrik", {"@factory"}),  # of tar, no paper
        ("Glashüttenwerke", {"@glassworks"}),  # no ironworks
    ],
)
def test_a_place_or_a_word_of_two_meanings_is_no_trade(name: str, tokens: set[str]) -> None:
    assert concepts(name) == tokens
