"""Work on texts of names: cleaning, folding, legal forms, and the tokens that names are compared by.

Pure functions of text and of the packaged tables ``transliteration.csv``, ``legal_forms.csv``, ``name_concepts.csv``,
``languages.csv``, ``exonyms.csv`` and ``nothing_words.csv``. Harmonizing and matching both build on them.
"""

from inducult_geo.text.batch import TokenLists, prepare_names, token_lists
from inducult_geo.text.clean import (
    clean_text,
    counted,
    first_few,
    is_blank,
    is_null,
    line_of,
    lost_characters,
    printable,
    quoted,
    shortened,
    sql_name,
    storable,
    whole_text,
)
from inducult_geo.text.each import of_each
from inducult_geo.text.folding import fold, fold_once
from inducult_geo.text.items import ITEM_NUMBER, wikidata_item
from inducult_geo.text.legal import strip_legal_form
from inducult_geo.text.lexicon import Concept, split_words, token_in_words
from inducult_geo.text.nothing import known_text, may_be_meant, named_text, names_nobody, says_unknown
from inducult_geo.text.postcodes import plain_postcode, without_sign
from inducult_geo.text.tables import packaged_rows, packaged_words, words_for_about
from inducult_geo.text.tokens import name_concepts, name_tokens, town_words, trades_in

__all__ = [
    "ITEM_NUMBER",
    "Concept",
    "TokenLists",
    "clean_text",
    "counted",
    "first_few",
    "fold",
    "fold_once",
    "is_blank",
    "is_null",
    "known_text",
    "line_of",
    "lost_characters",
    "may_be_meant",
    "name_concepts",
    "name_tokens",
    "named_text",
    "names_nobody",
    "of_each",
    "packaged_rows",
    "packaged_words",
    "plain_postcode",
    "prepare_names",
    "printable",
    "quoted",
    "says_unknown",
    "shortened",
    "split_words",
    "sql_name",
    "storable",
    "strip_legal_form",
    "token_in_words",
    "token_lists",
    "town_words",
    "trades_in",
    "whole_text",
    "wikidata_item",
    "without_sign",
    "words_for_about",
]
