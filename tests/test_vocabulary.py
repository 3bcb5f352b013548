"""Types, themes, sectors and states in the project's own words."""

from __future__ import annotations

import pytest

from inducult_geo.harmonize.words.nace import nace_codes, revision_and_code
from inducult_geo.harmonize.words.uses import use_of
from inducult_geo.harmonize.words.vocabulary import LANGUAGES, Sector, Vocabulary, load_vocabulary
from inducult_geo.text import packaged_rows
from inducult_geo.values import PRESENT_USES, STATUSES


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def test_tables_agree(vocabulary: Vocabulary) -> None:
    assert len(vocabulary.types) == 98
    assert len(vocabulary.themes) == 15
    assert all(entry.theme in vocabulary.themes for entry in vocabulary.types.values())
    assert all(set(entry.labels) == set(LANGUAGES) for entry in vocabulary.types.values())
    for name in ("name_concepts.csv", "sector_crosswalk.csv"):
        assert {row["type_id"] for row in packaged_rows(name)} <= {*vocabulary.types, ""}
    for name in ("sector_crosswalk.csv", "nace.csv", "nace_rev1.csv"):
        assert {row["theme_id"] for row in packaged_rows(name)} <= {*vocabulary.themes, ""}
    assert {row["status"] for row in packaged_rows("status_words.csv")} == set(STATUSES)
    assert {row["present_use"] for row in packaged_rows("use_words.csv")} == set(PRESENT_USES)
    assert all(vocabulary.map_use(row["word"]) == row["present_use"] for row in packaged_rows("use_words.csv"))


@pytest.mark.parametrize(
    "name",
    [
        *("types", "themes", "name_concepts", "legal_forms", "exonyms", "transliteration", "nace", "sector_crosswalk"),
        *("status_words", "use_words", "date_words", "no_trades", "nace_rev1", "type_words", "nothing_words"),
    ],
)
def test_every_row_says_its_source(name: str) -> None:
    rows = packaged_rows(f"{name}.csv")
    assert rows
    assert all(row["source"] for row in rows)
    assert all(None not in row and None not in row.values() for row in rows)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("brickworks", "brickworks"),
        ("Paper Mill", "paper_mill"),
        ("CEGIELNIA", "brickworks"),
        ("Cegielnia (ruina)", "brickworks"),
        ("Porzellanfabrik", "porcelain_ceramics"),
        ("Vysoka pec", "blast_furnace"),
        ("Ziegelwerke", "brickworks"),
        ("Muehle", "grain_mill"),
        ("Rudnik", "mine"),
        ("Centrale del latte", "dairy"),
        ("pila da riso", "grain_mill"),  # no Czech sawmill
        ("tovární vila", "owner_villa"),
        ("strojarna", "tannery"),
        # No mill for grain.
        ("papírenský mlýn", "paper_mill"),
        ("kruitmolen", "arms_explosives"),
        ("mulino da olio", "food_factory"),
        ("valjaonica sukna", "textile_finishing"),
        ("přádelna a tkalcovna", "textile_mill"),
        # As old directories call branches.
        ("Glasraffinerie", "glassworks"),
        ("Spiritusraffinerie", "distillery"),
        *((word, "chemical_works") for word in ("prodotti chimici", "Kerzenfabrik", "lucifersfabriek")),
        *((word, "sawmill") for word in ("Brettsäge", "Dampfsäge")),
        ("Zinnhütte", "nonferrous_smelter"),
        *((word, "nonferrous_smelter") for word in ("copper smelter", "Holyhead Aluminium Smelter", "zinc works")),
        *((word, "clay_sand_pit") for word in ("gravel pit", "sablière", "carrière d'argile")),
        *((word, "spoil_heap") for word in ("slag heap", "terrils du Gouffre", "Halde Lademann")),
        *((word, "kiln") for word in ("Hoffmann kiln", "kružna peć", "krožna peč", "piec kręgowy", "kruhovka")),
        *((word, "tailings_pond") for word in ("tailings pond", "usedalnik", "taložnica", "bassin de décantation")),
        *((word, "waste_site") for word in ("Calvert Landfill Site", "décharge de Mallemort")),
        *((word, "brickworks") for word in ("ΚΕΡΑΜΟΥΡΓΙΚΗ ΡΑΦΗΝΑΣ", "Keramotouvlopoiia Panagiotopoulos")),
        ("Barrage de Génissiat", "dam_weir"),
        *((word, "nonferrous_smelter") for word in ("zinkfabriek", "Kupferhütte Brixlegg", "huta cynku", "cinkarna")),
        *((word, "food_factory") for word in ("stroopfabriek", "pastificio", "Ölmühle", "oliemolen", "uljara")),
        *((word, "sugar_factory") for word in ("raffinerie de sucre", "rafinerija šećera", "Zuckerraffinerie")),
        *((word, "arms_explosives") for word in ("Pulvermühle", "smodnišnica", "munitiefabriek")),
        *((word, "clay_sand_pit") for word in ("Kaolingrube", "kaolinový důl", "Sandgrube", "glinokop")),
        *((word, "sawmill") for word in ("Sägemühle", "zaagmolen")),
        ("Handschuhfabrik", "clothing_factory"),
        ("skelná huť", "glassworks"),
        # A drawer for many: the only word that is known is not what each of its sites is.
        *((text, None) for text in ("brow.,cegiel.,fabr.,młyn,in.", "Mühlen u. a.", "mlýny apod.", "mulini, ecc.")),
        *((text, None) for text in ("dworce, obiekty drogowe, śluzy", "dom, stajnia, młyn")),
        ("browar, piwnice, studnia", "brewery"),
        ("stajnia, młyn", "grain_mill"),
        ("młyn wodny, młyn", "watermill"),
        *((word, "dam_weir") for word in ("jaz", "Wehr", "stuw", "barrage", "přehrada", "ustava", "diga")),
        *((word, "railway_station") for word in ("gare", "výpravní budova", "stationsgebouw", "Aufnahmsgebäude")),
        *((word, "industrial_building") for word in ("hala produkcyjna", "výrobní hala", "Werkshalle")),
        *((word, "engine_house") for word in ("kotelna", "Kesselhaus", "salle des machines")),
        ("cheminée d'usine", "chimney"),
        ("Brauerei in Zwickau", "brewery"),
        ("tvornica cementa", "cement_works"),
        ("moulin à papier", "paper_mill"),
        ("xyz", None),
        ("Brauerei, Mühle", None),
        ("", None),
        (None, None),
    ],
)
def test_map_type(vocabulary: Vocabulary, value: str | None, expected: str | None) -> None:
    assert vocabulary.map_type(value) == expected


def test_words_of_columns_of_kinds_mean_their_type(vocabulary: Vocabulary) -> None:
    rows = packaged_rows("type_words.csv")
    assert len({(row["word"].lower(), row["lang"]) for row in rows}) == len(rows)
    assert {row["word"]: row["type"] for row in rows} == {row["word"]: vocabulary.map_type(row["word"]) for row in rows}
    themes = {row["word"]: vocabulary.map_theme(row["word"]) for row in rows}
    told = {row["word"]: vocabulary.theme_of(row["type"]) for row in rows}
    assert {word for word, theme in themes.items() if theme not in (None, told[word])} == set()


def test_every_label_means_its_type(vocabulary: Vocabulary) -> None:
    wrong = [
        (type_id, label)
        for type_id, entry in vocabulary.types.items()
        for label in entry.labels.values()
        if vocabulary.map_type(label) != type_id
    ]
    assert wrong == [("tailings_pond", "Jalovište")]  # in Croatian one word for pond and heap


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ziegelwerk Zwickau", "brickworks"),
        ("Stadtbrauerei", "brewery"),
        ("Fabryka Nowak", "factory"),
        ("Porzellanfabrik und Werk Nord", "porcelain_ceramics"),
        ("Brauerei und Mühle", None),
        ("Deposito", None),
        ("Holcim", None),
        ("Verdichterstation", None),
        ("", None),
        (None, None),
        ("MOL Tatabánya", None),
        ("Rudabányai vasércbánya", "ore_mine"),
        ("Felsőhámor", None),
        ("magnezitová baňa", "mine"),
        ("železorudná baňa Rudňany", "ore_mine"),
        ("Kőbánya Erőmű", "power_station"),
        ("Landbruk Nord", None),
        ("Stora Enso Paper", None),
        # Words that sound like a trade, and are none.
        ("Budynek Zakładu Ubezpieczeń Społecznych", None),
        ("Fabryka Zakładu Ubezpieczeń", "factory"),
        ("Strażnica z remizą", None),
        ("Schutzhütte am Reichenstein", None),
        ("Antonienhütte", "ironworks"),
        ("Fachwerkhaus der Spinnerei Clauß", "spinning_mill"),
        ("Stabilimento termale", None),
        ("Museo d'Arte Sacra", None),
        ("Museo delle Macchine Termiche", "industrial_museum"),
        *((name, None) for name in ("Biblioteca Centrale", "Požární stanice", "Galleria San Carlo", "Nowa Huta")),
        ("Cementownia Nowa Huta", "cement_works"),
        *(("Kies-Depot", None), ("Dépôt pétrolier de la Côte", None), ("Old Tram Depot", "railway_depot")),
        ("Centrale termica Ospedale Riuniti", "heating_plant"),
        # What the whole is, another word of it says.
        *((name, None) for name in ("Kaplica w kopalni", "Schule am Bahnhof", "Chiesa della Cava", "Mill Hill School")),
        *((name, None) for name in ("kompresní stanice Hostim", "Pont-à-Mousson", "Kaffeehaus am Bahnhof")),
        ("PRECHEZA výroba síranu", None),
        *((name, None) for name in ("Heimatmuseum Leoben", "Muzeum Historii Miasta", "Krajské muzeum", "Museo civico")),
        *((name, None) for name in ("Kreuzkirche am Südbahnhof", "Bahnhofsapotheke", "S-Bahn Goldberg", "Sonnenhalde")),
        ("Bergehalde Nord", "spoil_heap"),
        ("Spinnerei am Kanal", "spinning_mill"),
        ("Watermolen Pollismolen", "watermill"),
        ("Kohlebergwerk Zeche Nord", "coal_mine"),
        ("Predilnica in tkalnica Tržič", None),
        ("Werk Hagen-Halden", "factory"),
        ("Hoogerbrugge Steenbergen", None),
        ("Seilbahn Polster", None),
        ("Železniční stanice Bečov", "railway_station"),
        ("Hauptbahnhof", "railway_station"),
        *((name, None) for name in ("Willa Kowalskich", "Villa Andrea", "Vila Tugendhat")),
        *((name, "owner_villa") for name in ("Fabrikantenvilla Esche", "Willa fabrykanta Schöna", "Továrnická vila")),
    ],
)
def test_guess_type(vocabulary: Vocabulary, name: str | None, expected: str | None) -> None:
    assert vocabulary.guess_type(name) == expected


@pytest.mark.parametrize(
    ("name", "city", "without", "within"),
    [
        ("Gußwerke Saarbrücken GmbH", "SAARBRÜCKEN", "bridge_viaduct", "factory"),
        ("Teplárna Most", "Most", None, "heating_plant"),
        ("Site de Saint Eloy les Mines", "St-Eloy-les-Mines", "mine", "mine"),
        ("Cementownia Rudniki", "Rudniki", None, "cement_works"),
        ("Cegielnia", "Cegielnia", "brickworks", "brickworks"),
        ("Brauerei Mühlental", "Mühl", "brewery", "brewery"),
    ],
)
def test_what_names_the_town_is_no_trade(
    vocabulary: Vocabulary, name: str, city: str, without: str | None, within: str | None
) -> None:
    assert vocabulary.guess_type(name) == without
    assert vocabulary.guess_type(name, None, city) == within


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Cotton Mill Ost", "textile_mill"),
        ("Barrow Mill", "factory"),
        ("Aylesford Paper Mills", "paper_mill"),
        ("Carrongrove Board Mill", "factory"),
        ("Mergelgroeve Sibbe", "quarry"),
        ("Stoffdruckerei Böhme", "textile_finishing"),
        ("Tiefdruckerei Itzehoe", "printing_works"),
        ("Waggonfabrik Werdau", "rolling_stock_works"),
        ("Vagonka Tatra", "rolling_stock_works"),
        ("Drukarnia Concordia", "printing_works"),
        ("Tvornica kabela Elka", "electrical_works"),
        ("Žebljarna Kropa", "metal_goods"),
        ("Chioderia Rossi", "metal_goods"),
        ("Čistírna odpadních vod Ostrov", "sewage_works"),
        ("Kunstmestfabriek Tessenderlo", "fertiliser_works"),
        ("Fördergerüst Schacht IV", "headframe"),
        ("Asfaltcentrale Aswebo Lummen", "factory"),
        ("Centrale d'enrobage Ascovil", "factory"),
        ("Hulpwarmtecentrale Overvecht", "heating_plant"),
        ("Raffinerie Tirlemontoise Wanze", "sugar_factory"),
        ("Raffineria Metalli Cusiana", "nonferrous_smelter"),
        ("Huta Aluminium Konin", "nonferrous_smelter"),
        ("Erdgaskavernenspeicher Epe", "silo_tank"),
        ("Drehrohrofen - Zementmühle", "cement_works"),
        ("Heizhaus Werk 1", None),  # a boiler house, or a shed of locomotives
        ("Kaas- en weipoederfabriek", "dairy"),
        ("Moulin à vent", "windmill"),
        ("Cínová huť", "nonferrous_smelter"),
        ("Tessitura Marzotto", "weaving_mill"),
        ("Tvornica papira Rijeka", "paper_mill"),
        ("Zakłady Koksownicze Zdzieszowice", "coking_plant"),
        ("Melkfabriek Sint-Jozef", "dairy"),
        ("Mijnmuseum", "industrial_museum"),
        ("Radwerk IV Vordernberg", "factory"),
        *((name, "headframe") for name in ("Těžní věž dolu Josef", "Förderturm der Zeche", "Wieża szybowa kopalni")),
        ("Schornstein der Ziegelei", "chimney"),
        ("Halda dolu Jan", "spoil_heap"),
        *((name, None) for name in ("Hochofen und Gießerei", "Schacht 371 Bergbaumuseum")),
        ("Sutton Bridge Power Station", None),
    ],
)
def test_works_of_every_trade_are_known_by_their_names(vocabulary: Vocabulary, name: str, expected: str | None) -> None:
    assert vocabulary.guess_type(name) == expected


@pytest.mark.parametrize(("country", "expected"), [("PL", "coal_mine"), ("DE", "power_station"), (None, "coal_mine")])
def test_two_words_are_no_short_word_of_another_language(
    vocabulary: Vocabulary, country: str | None, expected: str | None
) -> None:
    """A KWK is a coal mine in Poland; in Germany "KW K 8" is the eighth boiler of a power station."""
    name = "KWK Wujek" if expected == "coal_mine" else "KW K 8"
    assert vocabulary.guess_type(name, country) == expected


@pytest.mark.parametrize(
    ("name", "country", "expected"),
    [
        ("HE Moste", "DE", None),
        ("TE-TO Zagreb", "HR", "power_station"),
        ("HE Moste", "SI", "hydro_power"),
        ("EC Kraków", "PL", "power_station"),
        ("PVE Dalešice", "CZ", "hydro_power"),
        ("HKW Nord", "DE", "heating_plant"),
        ("WKC Moerdijk", "NL", "power_station"),
        ("Karlskoga KVV", "SE", "power_station"),
        ("Ciglana te crepana", "HR", "brickworks"),  # "te" is "and": no power plant is known by it
        ("TE Sisak", "HR", None),
        ("CCC Campo de Gibraltar", "ES", "power_station"),
        ("EDF CPT de Cordemais", "FR", "power_station"),
        ("Studstrupværket", "DK", "factory"),
        ("Öresundsverket", "SE", "factory"),
    ],
)
def test_power_plants_are_known_by_the_abbreviations_of_their_operators(
    vocabulary: Vocabulary, name: str, country: str, expected: str | None
) -> None:
    assert vocabulary.guess_type(name, country) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Pelletwerk mit Heizwerk", "factory"),
        ("Brauerei ohne Mälzerei", "brewery"),
        ("Papierfabrik und Ziegelei", None),
        ("Młyn z piekarnią", "grain_mill"),
        ("Cegielnia Nowak Sp. z o.o. Młyn", None),
        ("Wohnhaus mit Brauerei", "brewery"),
    ],
)
def test_works_with_something_are_no_such_thing(vocabulary: Vocabulary, name: str, expected: str | None) -> None:
    """A name says after "with" what belongs to the works, or what they lack; where it names no works before, that."""
    assert vocabulary.guess_type(name) == expected


@pytest.mark.parametrize(
    ("name", "country", "expected"),
    [
        ("Kesselhaus der Papierfabrik", "DE", "paper_mill"),
        ("Staropramen Smíchov - kotelna pivovaru", "CZ", "brewery"),
        ("Ciepłownia - Cukrownia Otmuchów", "PL", "sugar_factory"),
        ("Plynová kotelna Jasenice", "CZ", "heating_plant"),
        ("Kotłownia Rejonowa nr 1", "PL", "heating_plant"),
        ("Elektrociepłownia i kotłownia", "PL", None),
        ("Heizwerk Wasserturm", "DE", None),  # a tower has no boiler house
        ("Chaufferie Centrale", "FR", None),  # central, or a power station's
        ("Výtopna Most", "CZ", None),  # the depot or the heating plant, and the town or the bridge
        ("Cogeneración de Refinería La Rábida", "ES", "oil_refinery"),
    ],
)
def test_a_boiler_house_is_of_the_works_that_it_stands_in(
    vocabulary: Vocabulary, name: str, country: str, expected: str | None
) -> None:
    assert vocabulary.guess_type(name, country) == expected


@pytest.mark.parametrize(
    ("word", "theme"),
    [
        ("textiles_leather", "textiles_leather"),
        ("Textilindustrie", "textiles_leather"),
        ("BERGBAU", "mining"),
        ("hornictví", "mining"),
        ("Glas, Porzellan und Keramik", "glass_ceramics"),
        ("przemysł spożywczy", "food_drink"),
        ("Brauerei", None),
        ("sonstiges", None),
        (None, None),
    ],
)
def test_a_word_for_a_branch_is_a_theme(vocabulary: Vocabulary, word: str | None, theme: str | None) -> None:
    assert vocabulary.map_theme(word) == theme


def test_words_for_branches_name_themes_and_no_type(vocabulary: Vocabulary) -> None:
    rows = packaged_rows("theme_words.csv")
    assert {row["theme"] for row in rows} <= vocabulary.themes.keys()
    assert len({(row["word"].lower(), row["lang"]) for row in rows}) == len(rows)
    told = {row["word"]: row["theme"] for row in rows}
    types = {word: vocabulary.map_type(word) for word in told}
    assert {word: found for word, found in types.items() if found and vocabulary.theme_of(found) != told[word]} == {}


@pytest.mark.parametrize(
    ("country", "expected"), [("CZ", "factory"), ("HR", None), ("BG", "factory"), (None, "factory")]
)
def test_a_short_word_tells_a_trade_where_its_language_is_spoken(
    vocabulary: Vocabulary, country: str | None, expected: str | None
) -> None:
    """A závod is works in Czechia, and an institute in Croatia."""
    assert vocabulary.guess_type("Zavod Petrova", country) == expected


@pytest.mark.parametrize(
    ("scheme", "code", "expected"),
    [
        ("E-PRTR", "3.(c).(i)", Sector("building_materials", "cement_works")),
        ("eprtr", "3(c)(i)", Sector("building_materials", "cement_works")),
        ("E-PRTR", "4.(a).(iii)", Sector("chemistry", "chemical_works")),
        ("EU ETS", 24, Sector("metallurgy", "steelworks")),
        ("EU ETS", "24.0", Sector("metallurgy", "steelworks")),
        ("EU ETS", 10, Sector(None, None)),
        ("EU ETS", 77, None),
        ("Hotmaps", "iron and steel", Sector("metallurgy", "steelworks")),
        ("GEM", "Global Blast Furnace Tracker", Sector("metallurgy", "blast_furnace")),
        ("ERIH", "Salt", Sector("mining", "saltworks")),
        ("NACE", "23.51", Sector("building_materials", None, "cement_works")),
        ("NACE", "C2351", Sector("building_materials", None, "cement_works")),
        ("NACE", "C.23.51", Sector("building_materials", None, "cement_works")),
        ("NACE", "1.23.51", None),
        ("NACE", 5.1, Sector("mining", None)),
        ("NACE", 510, Sector("mining", None, "coal_mine")),
        ("NACE", 5, Sector("mining", None)),
        *(("NACE", code, None) for code in ("811", "812", "620", "721")),  # 08.11, quarries, or 81.1, services
        ("NACE", "510", Sector("mining", None, "coal_mine")),
        ("NACE Rev. 1.1", "271", Sector("metallurgy", None)),
        ("NACE", "B", Sector("mining", None)),
        ("NACE", "E41.00", Sector("water_waste", None)),
        ("NACE", "245", Sector("metallurgy", None)),
        ("NACE", "11.050", Sector("food_drink", None, "brewery")),
        ("NACE", "110500", Sector("food_drink", None, "brewery")),
        ("NACE Rev. 2.1", "24", Sector("metallurgy", None)),
        ("NACE", "NACE_1.1:24.10", Sector("chemistry", None)),
        ("NACE", "NACE_1.1:40.10", Sector("energy", None)),
        ("NACE Rev. 2", "NACE_1:26.51", Sector("building_materials", None)),
        ("NACE Rev. 1.1", "23.20", Sector("chemistry", None)),
        ("NACE", "NACE_1.1:23.30", None),
        ("NACE", "NACE_2:27.10", Sector("engineering", None)),
        ("NACE", "NACE_2.1:27.10", Sector("engineering", None)),
        ("NACE", "99.99", None),
        *(("NACE", code, Sector("metallurgy", None)) for code in ("WZ 2008 24.10", "24.10 (PKD 2007)", "WZ 08 24.10")),
        *(("NACE", code, Sector("metallurgy", None)) for code in ("DJ27.10", "OKEČ 27.1", "PKD 2004: 27.10.Z", "271Z")),
        *(("NACE", code, Sector("metallurgy", None)) for code in ("D27.10", "D 2710", "C24.10", "NACE D27.100")),
        *(("NACE", code, Sector("energy", None)) for code in ("E40.11", "D35.11", "E 40")),
        *(("NACE", code, Sector("metallurgy", None)) for code in ("ÖNACE 2003 27.10-0", "WZ93 27.10", "Rev.1.1 27.10")),
        ("NACE", "SKD 2008 27.100", Sector("engineering", None)),
        ("NACE", "ATECO 2025 10.51", Sector("food_drink", None, "dairy")),
        ("NACE Rev. 1.1", "WZ 2008 24.10", Sector("metallurgy", None)),
        ("NACE", "NACE 2016", Sector("chemistry", None)),
        ("NACE", "NACE 2022: 24.10", Sector("metallurgy", None)),
        *(("NACE", code, None) for code in ("SIC 3312", "NAICS 331110")),
        *(("NACE", code, Sector("metallurgy", None)) for code in ("24.10: Roheisen", "NACE 24.10: a", "DJ27.10: b")),
        ("unheard of", "1", None),
        ("EU ETS", None, None),
    ],
)
def test_map_sector(vocabulary: Vocabulary, scheme: str, code: str | None, expected: Sector | None) -> None:
    assert vocabulary.map_sector(scheme, code) == expected


@pytest.mark.parametrize(
    ("text", "revision", "code"),
    [
        *((text, "1.1", "2710") for text in ("WZ 1993 27.10", "SBI'93: 27.10", "ATECO 02 2710", "CAEN Rev.1_1 27.10")),
        *((text, "1.1", "2710") for text in ("NACE Revision 1.1 27.10", "OKEČ: 27.10", "NOGA 06 27.10", "D-27.10")),
        *((text, "1.1", "2710") for text in ("Revision 1.1 27.10", "revize 1.1 - 27.10", "1.1:27.10", "1_1:27.10")),
        *((text, "1.1", "241") for text in ("NAF 24.1Z", "NAF 2003 24.1")),
        *((text, "1.1", "3610") for text in ("D36.10", "D 36.10")),
        ("D37.10", "1.1", "3710"),
        ("2:24.10", "2", "2410"),
        *((text, "1.1", "1410") for text in ("CA14.10", "CB 14.10", "NACE_1_1:14.10")),
        ("NACE 1 27.10", "1", "2710"),
        *((text, "2", "2410") for text in ("SKD 2007 24.10", "PKD 07 24.10", "NACE 2023 24.10", "NAF rév. 2 24.10Z")),
        *((text, "2.1", "2410") for text in ("ATECO 2025 24.10", "NACE 2024: 24.10", "NKD 2025: 2410")),
        *((text, "2", "0811") for text in ("WZ 08 08.11", "WZ 08: 0811")),
        *((text, None, "0811") for text in ("WZ 08.11", "WZ 08.11 (08.12)", "WZ 08.110", "WZ 8.11")),
        *((text, None, "2014") for text in ("NACE 2014", "NACE 20.14", "NACE 2014 - 2015")),
        *((text, None, "2003") for text in ("wzx 2003", "awz 2003")),
        *((text, None, "2410") for text in ("12.1:24.10", "12_1:24.10", "Basic metals 24.10")),
        *((text, None, "2013") for text in ("SODA 20.13", "CADMIUM 20.13")),
    ],
)
def test_a_national_edition_tells_the_revision_of_its_codes(text: str, revision: str | None, code: str) -> None:
    told, left = revision_and_code(text)
    assert (told, next(nace_codes(left))) == (revision, code)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(
            (word, "functional")
            for word in ("in use", "active", "AKTIV", "v provozu", "in funzione", "czynny", "u radu")
        ),
        *((word, "projected") for word in ("geplant", "Pre-Permit", "načrtovan", "gepland")),
        *((word, "underConstruction") for word in ("im Bau", "under_construction", "w budowie", "underConstruction")),
        *((word, "disused") for word in ("leer", "vuoto", "prazno", "prázdné", "pusty", "leeg", "empty")),
        *((word, "disused") for word in ("mothballed", "außer Betrieb", "ausser Betrieb", "opuščen", "nieczynna")),
        *((word, "decommissioned") for word in ("closed", "stillgelegt", "geschlossen (2015)", "zrušený", "gesloopt")),
        *((word, "decommissioned") for word in ("zatvoren", "zatvorena", "zatvorená", "uzavřeno", "uzavřený")),
        *((word, "disused") for word in ("non più attivo", "w ruinach", "neuporabljena")),
        *((word, "functional") for word in ("še deluje", "nog in werking", "ancora attivo", "v těžbě", "in Abbau")),
        *(
            (word, "disused")
            for word in ("in onbruik", "napuštena tvornica", "riuso adattivo", "réaffectée", "relikty")
        ),
        *((word, "decommissioned") for word in ("prestala s radom", "výroba ukončena", "nicht mehr existent", "rasé")),
        *((word, "unknown") for word in ("unbekannt", "brak danych", "k.A.")),
        *(
            (f"http://inspire.ec.europa.eu/codelist/ConditionOfFacilityValue/disused{end}", "disused")
            for end in ("", "/")
        ),
        ("maybe", None),
        ("closde", None),
        (None, None),
        # Of the firm, whose works may run.
        *((word, None) for word in ("u stečaju", "w likwidacji", "in liquidazione", "in vereffening", "v konkurzu")),
        *((word, None) for word in ("in Liq.", "in administration", "w upadłości", "en liquidation judiciaire")),
        *((word, None) for word in ("v konkurze", "v stečaju", "in faillissement", "in fallimento", "en faillite")),
        *((word, None) for word in ("in concordato preventivo", "in receivership", "in liquidation", "v likvidaci")),
        ("liquidated", "decommissioned"),
    ],
)
def test_map_status(vocabulary: Vocabulary, value: str | None, expected: str | None) -> None:
    assert vocabulary.map_status(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("opuszczone", "disused"),
        ("zapuščeno", "disused"),
        ("scomparsa", "decommissioned"),
        ("nevyužívané", "disused"),
        ("zbourána", "decommissioned"),
        ("aufgelassener", "disused"),
        ("nečinné", "disused"),
        # Too short: "rad" is one form of "radi", and another word by itself.
        ("rad", None),
        # Forms of what is written for a status only in a phrase.
        ("funkciji", None),
    ],
)
def test_a_condition_is_known_in_other_genders_and_numbers(
    vocabulary: Vocabulary, value: str, expected: str | None
) -> None:
    assert vocabulary.map_status(value) == expected


def test_what_stands_empty_is_out_of_use_and_has_no_use(vocabulary: Vocabulary) -> None:
    """A list that parts its words ("leer stehend"), or bends them, told neither the condition nor the use."""
    words = {"leer stehend", "leerstehendes", "derzeit leer"}
    assert words <= vocabulary.empty_words
    told = {(vocabulary.map_status(word), vocabulary.map_use(word)) for word in vocabulary.empty_words}
    assert told == {("disused", "none")}
    # What is abandoned is out of use, and whether somebody uses the place today nobody says.
    told_by = {word: use_of("unknown", "disused", word, None, vocabulary) for word in ("vacant", "abandoned")}
    assert told_by == {"vacant": "none", "abandoned": "unknown"}


def test_themes_of_types(vocabulary: Vocabulary) -> None:
    assert vocabulary.theme_of("brickworks") == "building_materials"
    assert vocabulary.theme_of(None) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("WOHNNUTZUNG", "housing"),
        ("Museum; muzeum", "museum"),
        ("Produktion (Teil)", "production"),
        ("nevyužíváno", "none"),
        ("keine", "none"),
        ("pusty", "none"),
        ("Wohnen, Gewerbe", None),
        ("trgovina i uredi", "business"),
        *((word, "none") for word in ("nessun uso", "geen functie", "bez korisnika", "zbořeno", "nie istnieje")),
        *((word, "museum") for word in ("muzejska zbirka", "Heimatmuseum", "zpřístupněno", "visitabile")),
        *((word, "unknown") for word in ("brak danych", "n.d.", "ni podatka")),
        *((word, "business") for word in ("bedrijvenpark", "magazynowo-usługowa", "kavárna")),
        *((word, "housing") for word in ("civile abitazione", "stanovanjska hiša", "logements sociaux")),
        ("muzeum a kanceláře", None),
        ("Museum / Zeppelinhalle", None),
        (None, None),
    ],
)
def test_the_use_of_today_is_told_in_words(vocabulary: Vocabulary, value: str | None, expected: str | None) -> None:
    assert vocabulary.map_use(value) == expected
