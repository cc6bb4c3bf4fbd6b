"""Words and numbers as the languages of a worksheet write them."""

from darkroom.core.provenance import NOTES, RANDOM
from darkroom.pages.questions import FROM
from darkroom.worksheet.languages import list_filters, write_cell
from darkroom.worksheet.page import cut_tables
from darkroom.worksheet.words import WORDS, translate_notes, translate_origin


def test_french_writes_a_comma_and_narrow_spaces() -> None:
    french = list_filters("fr")
    assert french["number"](14034) == "14\u202f034"
    assert french["percent"](0.7041) == "70,4\u202f%"
    assert french["decimal"](-1234.5, 2) == "−1\u202f234,50"
    assert (french["counted"](0, "image"), french["counted"](2, "réseau", "réseaux")) == ("0 image", "2 réseaux")


def test_french_has_a_singular_below_two() -> None:
    french, english = (list_filters(language)["points"] for language in ("fr", "en"))
    assert [french(share) for share in (0.0151, 0.01951, 0.12)] == ["1,5 point", "2,0 points", "12,0 points"]
    assert (french(-0.007, signed=True), french(12.3)) == ("−0,7 point", "1\u202f230,0 points")
    assert [english(share) for share in (0.01, 0.12)] == ["1.0 points", "12.0 points"]


def test_a_cell_is_written_as_the_language_does() -> None:
    assert [write_cell(value, "", "fr") for value in (True, 1234, "a_b", None)] == [
        "oui",
        "1\u202f234",
        "a\\_b",
        "–",
    ]
    assert write_cell(-0.125, "+.1%", "fr") == "−12,5\u202f%"
    assert write_cell(False, "", "en") == "no"


def test_english_writes_as_the_rest_of_the_results_do() -> None:
    english = list_filters("en")
    assert (english["number"](14034), english["percent"](0.7041)) == ("14,034", "70.4%")
    assert (english["counted"](0, "image"), english["counted"](1, "image")) == ("0 images", "1 image")


def test_learning_rates_are_written_without_an_exponent() -> None:
    assert list_filters("en")["significant"](1e-05, 2) == "0.00001"
    assert list_filters("fr")["significant"](0.00025, 2) == "0,00025"
    assert list_filters("en")["significant"](1.25e-12, 2) == "1.2e-12"


def test_what_results_must_say_is_translated() -> None:
    said = translate_notes(f"{NOTES['drawn']}; cnn: {RANDOM}", "fr")
    assert said == (
        "images de synthèse, dessinées par un programme\u202f; cnn\u00a0: poids aléatoires, sans préentraînement"
    )
    assert translate_notes(RANDOM, "en") == RANDOM
    assert translate_origin("random, seed 13", "fr") == "tirés au hasard, graine 13"
    assert translate_origin("file my file 2.h5", "fr") == "fichier my file 2.h5"
    assert translate_origin("random, seed 13", "en") == "random, seed 13"


def test_pages_know_where_an_answer_came_from_in_every_language() -> None:
    assert {f"{words.source} " for words in WORDS.values()} == set(FROM)


def test_a_long_table_is_cut_and_a_short_one_is_not() -> None:
    head, rows = "| n |\n| --: |\n", [f"| {number} |\n" for number in range(12)]
    page = f"Before\n\n{head}{''.join(rows)}\nBetween\n\n{head}{''.join(rows[:10])}\nAfter\n"
    cut = cut_tables(page, WORDS["en"])
    assert cut.count("| 9 |") == 2 and "| 10 |" not in cut
    assert cut.count("2 more rows stand in the files below.") == 1
    assert cut.endswith("| 9 |\n\nAfter\n")
    assert "| 9 |\n\n2 more rows stand in the files below.\n\nBetween" in cut
