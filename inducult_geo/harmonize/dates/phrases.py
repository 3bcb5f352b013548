"""Rewrite phrases of dates as the words and marks that `tokens` knows, before a text is cut into tokens.

Each is folded, with its Roman numerals in braces; they are replaced one after the other.
"""

from __future__ import annotations

import re
from typing import Final

_IN_A_CENTURY: Final = r"(?=\d\d?\.(?:\s?[/-]\s?(?:[aem]\.?|anfang|ende|mitte)\s?\d\d?\.)?\s?(?:jh|jahrh))"
"""What follows a part of a century in German: "19. Jh.", or "18./A. 19. Jh."."""

PHRASES: Final = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        # Of "19. Jh.." one stop ends the abbreviation, the other one the sentence: nothing goes on.
        (r"(?<=[a-z]{2}|[ .][a-z])\.\.(?=$|[,;])", "."),
        # Single letters mean something else in other languages: German Anfang, Ende, Mitte, before a century only.
        (rf"\ba\.?\s?{_IN_A_CENTURY}", "anfang "),
        (rf"\be\.?\s?{_IN_A_CENTURY}", "ende "),
        (rf"\bm\.?\s?{_IN_A_CENTURY}", "mitte "),
        # A German "im Kern", whose K elsewhere is a Polish end.
        (r"(?:\bi|\{1\})\. ?k\.? ?(?=\d)", "im kern "),
        # French "until our days" goes on.
        (r"\b(?:al|a|jusqu'a) nos jours\b", "- present"),
        # A Roman five is none between an ordinal and its century: a "Viertel".
        (r"(?:(?<=\b[1-4]\. )|(?<=\bletztes )|(?<=\bletzten ))\{5\}\.? (?=\d\d?\.\s?(?:jh|jahrh))", "viertel "),
        # A capital V that begins a Czech or Slovene text is "in", no five.
        (r"^\{5\} (?=(?:let|provozu|obratovanju|roce|roku|zac|poc|kon|r\.|l\.)|\d+\.? ?(?:pol|cetrt|tret|stol))", ""),
        # Sometime in a century, not until it goes on.
        (r"\bnel corso (?=de)", ""),
        # Dutch "of" is or, English "of" nothing.
        (r"(?<=\d) of (?=\d{3,4}\b)", " or "),
        # Dutch "na" is after, elsewhere it is on.
        (r"\bna (?=(?:het |de )?(?:midden|begin|eind)|\d+(?:ste|de|e) eeuw)", "post "),
        # English c. after a century is one, before a year it is circa.
        (r"(?<=\d(?:th|st|nd|rd)) c\b", " century"),
        (r"(?<=\d)(?:ste|de|e)?-(?=eeuws?\b)", " "),
        # "1596-18. st." ends in a century, no year.
        (r"(?<=\d{4})[-/](?=(?:1\d|2[01])(?:\.|e|de|ste|th|st)? ?(?:st(?:ol|\.|$)|jh|jahrh|w(?:\.|$)|eeuw|cent"
         r"|siecle|sec))", " - "),
        (r"(?<=\b\d{4})\.(?=[-/]\d\d\b)", ""),
        # Of three figures behind an apostrophe the first thousand is left out: "'896".
        (r"(?<!\d)['’](?=[5-9]\d\d\b(?<!00))", " 1"),
        (r"\bd(?:u|al) (\{\d+\}\w*|\d\d?e) (?:siecle |secolo )?a[ul] (?=(?:\{\d+\}|\d\d?)\w*\.? s(?:iecle|ec))",
         r"\1 - "),
        (r"\ball(?:a |')(?=fine\b|meta\b|inizio\b|(?:prim|second|ultim)[ao]\b)", "al "),
        # Latin registers name the part of a century behind it; elsewhere "in" and "med" are other words.
        *((rf"\bsaec\.? ?(\{{\d+\}}) ?{part}\b\.?", rf"{word} \1 saec")
          for part, word in (("in", "early"), ("med", "mid"), ("ex", "late"))),
        # "1920/30er Jahre" are two decades, "1920/30" is a range of years.
        (r"\b(\d\d)(\d0)(?:er|s)?\.?\s?[-/]\s?(\d0)(?:(?:er|s|-?te|-?tych|-?ih)\b|\.?(?=\s*(?:leta|lat[ay]?|godin)\b))",
         r"\1\2s-\1\3s "),
        (r"(?<=\d)-'(?=\d\d\b)", "-"),
        # English "80s"; an "s" alone is the Italian word for a century.
        (r"(?<!\d)(\d0)['’]?s(?=\s?[-/]\s?\d0['’]?s\b)", r"\1"),
        (r"(?<!\d)(\d0)['’]?s\b", r"\1 jahre"),
        (r"-(?=(?:zeit|periode?|era|jahren?)\b)", " "),
        # "4/4 XIX w." is its last quarter, as "2/2 19. stol." is its second half.
        *((rf"(?<![\d/])([1-{count}])/{count} (?=\{{\d+\}}|\d\d?\.? ?[a-z])", rf"\1 {part} ")
          for count, part in ((2, "half"), (3, "third"), (4, "quarter"))),
        (r"(?<=\d\d\d0) er\b", "er"),
        (r"(?<=[a-z.\d]) n\. ?chr\b\.?", ""),
        # "189?" and "190-" are decades of which the last figure is not known, no years of antiquity.
        (r"(?<![\d./-])(1[2-9]\d|20\d)(?:-? ?\?|-(?=\s*(?:$|[?,;])))", r"\g<1>0s ?"),
        # What Hungarian says behind a year, and Romanian around the number of a century.
        (r"(?<=\d\d0)-e\b|(?<=\d\d\d0)-?[aeo]s evek(?:ben|tol|ig)?\b", "s"),
        (r"\b(\d{4}) ?(?:es|-) ?(\d{4}) kozotti?\b", r"between \1 and \2"),
        (r"\b(\d{4}) elotti?\b", r"before \1"), (r"\b(\d{4}) utani?\b", r"after \1"),
        (r"\b(\d{4})-?t[oe]l\b", r"since \1"), (r"\b(\d{4})-?ig\b", r"until \1"),
        (r"(?<=\d{4})-?(?:b[ae]n|[aeo]s)\b|\bal? (?=sec(?:\.|ol))|\bal (?=\{\d+\}|\d\d?-?lea\b)|(?<=[\d}])-?lea\b", ""),
        (r"\bmed (?:obema |dvema )(?:svetovnima )?vojnama\b"
         r"|\b(?:tra|fra) le due guerre(?: mondiali)?\b|\bentre[ -]deux[ -]guerres\b"
         r"|\bizmedu dva (?:svjetska )?rata\b", "interbellum"),
        (r"\b(otto|sette)(?= ?(?:e|-) ?(?:nove|otto)cento\b)", r"\1cento"),
        (r"\bcavallo (?:tra|fra|del|dei|di)\b", "cavallo"),
        (r"\bjusqu'(?:en|a|au)\b", "until"),
        (r"\bt/m\b", "tot"), (r"\bc\.a\b", "ca"),
        (r"\bde (\d{4}) al? (?=\d{4}\b)", r"\1-"),
        (r"\+ ?/ ?- ?(?=\d)", "ca "),
        (r" ?-+> ?|(?<=\d) ?-- ?(?=\d)", "-"),
        (r"\baujourd['’]? ?hui\b", "aujourd"),
        # Which war a "dopoguerra" alone came after nobody tells.
        (r"\b(?:secondo dopoguerra|nachkriegszeit|apres[ -]guerre|povalecn[a-z]+|powojenn[a-z]+|poslijeratn[a-z]+"
         r"|povojn[a-z]+|naoorlogse?|post-?war)\b", "post 1945"),
        # What these say with a word for "until" or "in use" in them is when work began.
        (r"\b(?:mis(?:e|es)? en (?:service|activite|exploitation)"
         r"|(?:messa|messo|entrata|entrato) in (?:esercizio|funzione)"
         r"|(?:in|im) (?:betrieb|gebruik|bedrijf|dienst|werking) (?:genommen|gegangen|genomen|gesteld)"
         r"|(?:uveden[aoiy]?|spusten[aoiy]?) do provozu|zahajeni (?:provozu|vyroby|tezby)"
         r"|oddan[aeoy] do (?:uzytku|eksploatacji)"
         r"|(?:pusten[aoi]?|pustanje) u (?:rad|pogon)|pocetak rada|zacetek obratovanja)\b", "built"),
        (r"\b(?:kon(?:ec|iec|ac)|kraj|ende|fine|einde|fin|end) (?:de[rsl]l?[aeo]? ?|d[ei] |[dl]'|la |van |of |the )"
         r"{0,2}(?:provozu|tezby|vyroby|obratovanja|proizvodnje|rada|dzialalnosci|produkcji|eksploatacji|wydobycia|attivita"
         r"|produzione|esercizio|betriebe?s?|produktion|forderung|abbaus?|productie|exploitatie|activite|exploitation"
         r"|production|operation|work)\b", "closed"),
        (r"\b(?:ausser betrieb|fuori (?:esercizio|uso|servizio)|buiten (?:bedrijf|gebruik|dienst|werking)"
         r"|hors (?:service|d'usage)|mimo provoz|van (?:pogona|uporabe)|izven (?:pogona|uporabe)|ne obratuje)"
         r"(?: (?:genommen|gesetzt|gesteld))?\b", "closed"),
    )
)  # fmt: skip
