"""Lists of users: what keeps the laws is taken, and the rest is named line by line."""

import pytest

from hub.services.admin.roster import MOST_LINES, Line, name_problem, read_roster

GROUPS = ("analysts", "quants")


def problems(text: str, **how: bool) -> list[str]:
    return [str(problem) for problem in read_roster(text, GROUPS, **how).problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_list_is_read_however_a_spreadsheet_wrote_it(delimiter: str, end: str) -> None:
    lines = ["Name,Groups", "Ada ,quants analysts", "", "bob,", '"cleo",analysts ']
    text = "\ufeff" + end.join(lines).replace(",", delimiter)

    roster = read_roster(text, GROUPS)

    assert roster.problems == ()
    assert roster.lines == (
        Line(number=2, name="ada", groups=("quants", "analysts")),
        Line(number=4, name="bob"),
        Line(number=5, name="cleo", groups=("analysts",)),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ada\nbob", ("line 1: the first line must name the columns, `name` among them; "
         "got 'ada'.")),
        ("user,team\nada,quants", ("line 1: the first line must name the columns, `name` "
         "among them; got 'user,team'.")),
        ("name,mail\nada,a@b.c", ("line 1: columns must be `name` and `groups`, each once; "
         "got 'name,mail'.")),
        ("name,name\nada,bob", ("line 1: columns must be `name` and `groups`, each once; "
         "got 'name,name'.")),
        ("name\n ada \nbob\nADA",
         "line 4: `name` must not stand in line 2 too; got 'ada'."),
        ("name,groups\n,quants", "line 2: `name` must be given; got ''."),
        ("name\na/b", "line 2: `name` must not contain a slash; got 'a/b'."),
        ("name\n..", "line 2: `name` must be more than dots; got '..'."),
        ("name\na\x07b", r"line 2: `name` must be printable; got 'a\x07b'."),
        ("name\nM\ufffdller",
         "line 2: `name` must be written in UTF-8; got 'm\ufffdller'."),
        ("name,groups\nada,quants,x", ("line 2: a line must have 2 columns; got "
         "'ada | quants | x'.")),
        ("name,groups\nada,nosuch", ("line 2: `groups` must name groups that exist; got "
         "'nosuch'.")),
        ("name\n" + "x" * 256, "line 2: `name` must have at most 255 characters; got '"
         + "x" * 256 + "'."),
    ],
)  # fmt: skip
def test_what_breaks_a_law_is_named_with_its_line(text: str, said: str) -> None:
    assert problems(text) == [said]


def test_a_list_with_a_problem_still_tells_all_the_others() -> None:
    text = "name,groups\na/b,\nada,\nada,nosuch\n"

    assert [one.partition(":")[0] for one in problems(text)] == [
        "line 2",
        "line 4",
        "line 4",
    ]


def test_a_list_that_is_too_long_is_refused_with_its_length() -> None:
    text = "name\n" + "\n".join(f"user{i}" for i in range(10_000))

    roster = read_roster(text, GROUPS)

    assert roster.lines == ()
    assert [str(one) for one in roster.problems] == [
        f"line {MOST_LINES + 2}: a list must have at most 5,000 users; got 10000."
    ]


def test_a_list_that_is_just_short_enough_is_taken() -> None:
    text = "name\n" + "\n".join(f"user{i}" for i in range(MOST_LINES))

    assert len(read_roster(text, GROUPS).lines) == MOST_LINES


def test_a_cell_without_an_end_is_refused_and_not_a_crash() -> None:
    text = 'name\n"' + "x" * 200_000

    [said] = problems(text)

    assert said.startswith("line 1: a list must be CSV (field larger than field limit")


def test_groups_of_a_list_are_refused_where_sign_in_sets_them() -> None:
    said = problems("name,groups\nada,quants", sets_groups=False)

    assert said == [
        "line 2: `groups` must be empty, because each sign-in sets them; got 'quants'."
    ]


@pytest.mark.parametrize("name", ["ada", "ada.b-c_d", "müller", "ada@example.org", "名前"])
def test_names_that_people_have_are_names(name: str) -> None:
    assert name_problem(name) == ""
