"""Export open questions as a table, and import answers into the decisions log.

What nobody asked about is decided by `decide`.

A steward answers in the layer `review` of a copy of `inducult.gpkg`, or in the CSV that `export_review` writes (or
the workbook that it was saved as). An answer that cannot be obeyed (an unknown word or record, two words on one
question, a contradiction with what was decided before) is refused with its reason and stays an open question; all
others are taken. The word `undecided` takes an answer back: the pair is asked again as if nobody had decided. A
row with a note or a name and no word is no answer yet: nothing is taken from it, and that is told.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from inducult_geo.catalog import Read
from inducult_geo.match.decided.decisions import Decisions, append_decision, meaning, of_heirs, read_decisions
from inducult_geo.match.decided.relations import conflicts
from inducult_geo.match.decided.verdict import DIFFERENT, PART_OF, SAME, UNDECIDED, WORDS, Decision
from inducult_geo.match.identity.continuity import successors
from inducult_geo.match.identity.site_ids import check_site_id
from inducult_geo.match.questions import question_id
from inducult_geo.memory import decisions_of, registry_of
from inducult_geo.publish.compared.review_table import ANSWER_COLUMNS, answers_of, export_review, read_edited
from inducult_geo.publish.spreadsheet import plain_cell
from inducult_geo.review.answers import ever_known, present_regions, unread, unused_records, was_asked, with_records
from inducult_geo.review.dry_run import log_to_write
from inducult_geo.review.late import lateness, why_stale
from inducult_geo.review.log_copies import take_in
from inducult_geo.review.outcomes import ImportOutcome, Refusal, told_of
from inducult_geo.run import Run
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.sheets import ALL_SHEETS
from inducult_geo.store import storing

__all__ = ["ANSWER_COLUMNS", "ImportOutcome", "Refusal", "decide", "export_review", "import_review"]

_SETTLE_PLACE: Final = "correct its row in the file, or say in the contract how all are read ([place] crs, reading)"
_NOTHING_SAID: Final = "nobody decided it, so nothing can be taken back; where you do not know, leave `decision` empty"
_UNASKED: Final = (
    "this is none of the questions that are open now (it may be settled meanwhile), and the row names no records: take "
    "left_key and right_key from the table that it came from"
)
_MEANT: Final = (
    "write same (both are one site), part_of (the left one is a part of the right one), different (two sites) or "
    "undecided (takes an answer back)"
)
_NAMELESS: Final = "its row names neither a question nor records: put its review_id back"
_APART: Final = "regions are matched each by itself, so that no run could join them"
_WORKBOOKS: Final = (".xlsx", ".ods", ".xls")
_WHO: Final = ("INDUCULT_WHO", "USER", "LOGNAME", "USERNAME")


@dataclass(frozen=True)
class _Answer:
    """One answered row."""

    review_id: str
    decision: Decision
    known: str = ""
    """The `why` of its row: what was known when it was asked."""

    def refused(self, reason: str) -> Refusal:
        """Return why it is not taken."""
        one = self.decision
        return Refusal(self.review_id, one.decision, reason, (one.left, one.right))


def import_review(
    source: Path, run: Run, *, who: str | None = None, overrule: bool = False, dry_run: bool = False
) -> ImportOutcome:
    """Take the answers of an edited `inducult.gpkg`, CSV or workbook into the decisions log.

    A word that its giver said before, and that a later one took the place of, is refused: the file may be an old one.
    So is one that gainsays what somebody else decided since the file's questions were written (see `review.late`).

    Parameters
    ----------
    source
        A GeoPackage with the layer `review`, a CSV or workbook with `ANSWER_COLUMNS` (the decision, and the
        id of the question or both keys, at least), or a copy of the log of decisions. It is only read.
    run
        The data folder whose log is written.
    who
        Who decided, where `decided_by` is empty; else `$INDUCULT_WHO` or the name of the user.
    overrule
        Let late answers count, too: they overrule what others decided since their questions were written.
    dry_run
        Tell the same, and write nothing.

    Raises
    ------
    ContractError
        Where the file has no such layer or columns, or cannot be read.
    DecisionError
        Where the log itself cannot be read.
    BusyError
        Where a run is at work on the same data folder.
    StorageError
        Where the log cannot be written; answers that are in it already are known when this is done again.
    """
    if source.suffix.lower() in _WORKBOOKS and source.is_file():
        table = read_table(source, Read(sheet=ALL_SHEETS))
        texts = table.frame.map(lambda cell: plain_cell(cell) if isinstance(cell, str) else cell)
        texts = texts.rename(columns=lambda name: str(name).removeprefix("\ufeff"))
        rows, told = answers_of(source, texts), unread(texts, run)
        misread = (f"{source.name}: {message}" for _, message, _ in table.warnings)
        taken, _ = _take(rows, run, who, is_file=True, overrule=overrule, dry_run=dry_run)
        return taken.with_remarks(*misread, *told)
    if source.suffix.lower() == run.folder.decisions.suffix and source.is_file():
        return _take_copy(source, run, dry_run=dry_run)
    rows, texts = read_edited(source)
    told = unread(texts, run)
    return _take(rows, run, who, is_file=True, overrule=overrule, dry_run=dry_run)[0].with_remarks(*told)


def _take_copy(source: Path, run: Run, *, dry_run: bool) -> ImportOutcome:
    with run.folder.lock(), log_to_write(run.folder.decisions, dry_run=dry_run) as path:
        log = decisions_of(run)
        fresh, known = take_in(source, path)
        problems = (read_decisions(path) if fresh else log).problems
    changed = (text for one in fresh if (text := _overruling(one, log)))
    return ImportOutcome((*fresh,), (*changed,), known, 0, (), (), (), problems)


def decide(
    left: str, verdict: str, right: str, run: Run, *, who: str | None = None, note: str = "", dry_run: bool = False
) -> ImportOutcome:
    """Say one word on two records, whether or not somebody asked: the next run obeys it.

    Parameters
    ----------
    left, right
        Record keys; with `part_of` the left one is the part.
    verdict
        `same`, `part_of`, `different`, or `undecided` to take back what was said of them.
    run, who
        As for `import_review`.
    note
        Why, in the steward's words.
    dry_run
        As for `import_review`.

    Raises
    ------
    DecisionError, BusyError
        As `import_review` does. A word that cannot be obeyed is among what was `refused`.
    """
    said = {"review_id": "", "kind": "pair", "decided_by": "", "note": note.strip()}
    rows = [said | {"left_key": left, "right_key": right, "decision": verdict}]
    outcome, after = _take(rows, run, who, dry_run=dry_run)
    problems, others = told_of((left, right), after, registry_of(run))
    return replace(outcome, problems=problems).with_remarks(*others)


def _take(
    rows: Sequence[Mapping[str, str]],
    run: Run,
    who: str | None,
    *,
    is_file: bool = False,
    overrule: bool = False,
    dry_run: bool = False,
) -> tuple[ImportOutcome, Decisions]:
    """Take answers into the decisions log; returns with what became of them what is in force then."""
    with run.folder.lock(), log_to_write(run.folder.decisions, dry_run=dry_run) as path:
        log = decisions_of(run)
        rows = with_records(rows, run, log)
        places = [row for row in rows if row["kind"] == "place"]
        pairs = [row for row in rows if row["kind"] != "place"]
        refused = [_refused_place(row) for row in places if row["decision"]]
        present = present_regions(run)
        known = ever_known(run) | present
        answers, faulty = _answers([row for row in pairs if row["decision"]], log, known, _named(who))
        stale = [*_of_yesterday(answers, log, run, present, overrule=overrule)] if is_file else []
        stale += [answer.refused(_NOTHING_SAID) for answer in answers if _takes_nothing_back(answer.decision, log, run)]
        held = {one.records for one in stale}
        answers = [answer for answer in answers if (answer.decision.left, answer.decision.right) not in held]
        fresh = [answer for answer in answers if not _is_said(answer.decision, log)]
        taken, contradicting = _without_contradictions(fresh, log, _heirs(fresh, log, run, present))
        with storing(path):
            for answer in taken:
                append_decision(path, answer.decision)
        changed = [text for answer in taken if (text := _overruling(answer.decision, log))]
        after = read_decisions(path) if taken else log
        words = (answer.decision for answer in taken if answer.decision.decision == DIFFERENT)
        needless = [apart for one in words if (apart := _apart(one.left, one.right, present))]
        outcome = ImportOutcome(
            tuple(answer.decision for answer in taken),
            tuple(changed),
            len(answers) - len(fresh),
            len({row["review_id"] for row in pairs if not _is_answered(row, after)}),
            tuple(row["review_id"] or row["left_key"] for row in rows if _is_wordless(row)),
            (*refused, *faulty, *stale, *contradicting),
            tuple(f"{row['left_key']}: {_SETTLE_PLACE}" for row in places if not row["decision"]),
            after.problems,
            (*(f"{apart}: 'different' counts once both lie in one" for apart in needless), *_unused(taken, run)),
        )
        return outcome, after


def _unused(answers: Sequence[_Answer], run: Run) -> Iterator[str]:
    """Yield of which records of answers no run can obey them yet."""
    keys = {key for answer in answers for key in answer.decision.pair}
    for key, reason in sorted(unused_records(keys, run).items()):
        yield f"'{key}' is in no site ({reason}): what is said of it counts once its row is corrected"


def _of_yesterday(
    answers: Sequence[_Answer], log: Decisions, run: Run, present: Iterable[str], *, overrule: bool
) -> Iterator[Refusal]:
    """Yield the answers of a file that were given before already, or that come late (see `review.late`)."""
    words = [answer.decision for answer in answers]
    late = lateness(words, log, registry_of(run), lambda name: was_asked(name, run), present)
    for answer in answers:
        why = why_stale(answer.decision, log)
        if why is None and not overrule:
            why = late.why_late(answer.decision, answer.review_id, answer.known)
        if why is not None:
            yield answer.refused(why)


def _is_answered(row: Mapping[str, str], log: Decisions) -> bool:
    """Whether the log holds a word on the records of a question; where nobody asked, there is none to answer."""
    return not row["review_id"] or log.of(row["left_key"], row["right_key"]) is not None


def _is_wordless(row: Mapping[str, str]) -> bool:
    return bool(row["decided_by"] or row["note"]) and not row["decision"]


def _named(who: str | None) -> str:
    """Return who decides where the row does not say: as told, or as the environment knows the user."""
    return (who or next((os.environ[name] for name in _WHO if os.environ.get(name)), "")).strip()


def _refused_place(row: Mapping[str, str]) -> Refusal:
    reason = f"a question about the place of '{row['left_key']}': {_SETTLE_PLACE}"
    return Refusal(row["review_id"], row["decision"], reason, (row["left_key"], row["right_key"]))


def _answers(
    rows: Iterable[Mapping[str, str]], log: Decisions, known: Mapping[str, frozenset[str]], who: str
) -> tuple[list[_Answer], list[Refusal]]:
    """Make decisions of the answered rows; what is wrong with a row is said, not guessed at."""
    now = datetime.now(UTC)
    answers: dict[tuple[str, str], list[_Answer]] = defaultdict(list)
    refused = []
    for row in rows:
        named = row["decided_by"] or who or _earlier_name(row, log)
        faults = [*_faults(row, log, known, now, named)]
        if faults:
            records = (row["left_key"], row["right_key"])
            refused.append(Refusal(row["review_id"], row["decision"], "; ".join(faults), records))
            continue
        words = (named, now.isoformat(), row["left_key"], row["right_key"], row["decision"])
        answer = _Answer(row["review_id"], Decision(*words, note=row["note"]), row.get("why", ""))
        answers[answer.decision.pair].append(answer)
    single = []
    for same in answers.values():
        if len({meaning(answer.decision) for answer in same}) > 1:
            said = " and ".join(sorted({answer.decision.decision for answer in same}))
            refused += [answer.refused(f"answered twice, by {said}: keep one") for answer in same]
        else:
            single.append(same[-1])
    return single, refused


def _earlier_name(row: Mapping[str, str], log: Decisions) -> str:
    """Return who gave the same word before: to hear it again nobody needs to be named."""
    earlier = log.last_word(row["left_key"], row["right_key"])
    return earlier.who if earlier is not None and earlier.decision == row["decision"] else ""


def _faults(
    row: Mapping[str, str], log: Decisions, known: Mapping[str, frozenset[str]], now: datetime, who: str
) -> Iterator[str]:
    """Say why a row cannot be a decision."""
    left, right = row["left_key"], row["right_key"]
    if row["decision"] not in WORDS:
        yield f"'{row['decision']}' is no answer: {_MEANT}"
    if not (left or right):
        yield _UNASKED if row["review_id"] else _NAMELESS
        return
    for key in (left, right):
        if not key:
            yield "a record's key is missing"
        elif check_site_id(key):
            yield f"'{key}' is a site: name a record of it (`inducult explain {key}` lists them)"
        elif key not in known:
            yield f"no record '{key}' is known in this data folder"
    if left == right:
        yield "left and right are the same record"
    if row["decision"] in (SAME, PART_OF) and (apart := _apart(left, right, known)):
        yield apart
    if row["review_id"] and row["review_id"] != question_id(left, right):
        yield f"'{left}' and '{right}' are not the records of question {row['review_id']}: leave the keys as they were"
    if not who:
        yield "nobody is named: fill in decided_by, or say --who"
    earlier = log.last_word(left, right)
    if earlier is not None and earlier.order[0] >= now.timestamp():
        when = f"{earlier.when}, which is later than this machine's clock: set the clock right"
        yield f"{earlier.who} decided it at {when}"


def _apart(left: str, right: str, known: Mapping[str, frozenset[str]]) -> str | None:
    """Say of two records that no region holds both; null where one does, or where one of them lies is not known."""
    here, there = (known.get(key, frozenset()) for key in (left, right))
    if not here or not there or not here.isdisjoint(there):
        return None
    return f"'{left}' is in {' and '.join(sorted(here))}, '{right}' in {' and '.join(sorted(there))}: {_APART}"


def _is_said(one: Decision, log: Decisions) -> bool:
    """Whether the log holds this word in force already; a new note is worth a new line, as is a change of mind.

    So is another person's word where it is disputed: that settles it.
    """
    earlier = log.last_word(one.left, one.right)
    is_disputed = any(before.pair == one.pair for before in log.dissent)
    if earlier is not None and is_disputed and earlier.who != one.who:
        return False
    return earlier is not None and meaning(earlier) == meaning(one) and (one.note in ("", earlier.note))


def _takes_nothing_back(one: Decision, log: Decisions, run: Run) -> bool:
    """Whether nobody said anything of two records, nor of those that they go on from, that could be taken back."""
    if one.decision != UNDECIDED or log.last_word(*one.pair) is not None:
        return False
    return log.carried(successors(log.spoken, registry_of(run), {}, one.pair)).last_word(*one.pair) is None


def _overruling(one: Decision, log: Decisions) -> str | None:
    earlier = log.last_word(one.left, one.right)
    if earlier is None or meaning(earlier) == meaning(one):
        return None
    told = f"{earlier.who} said '{earlier.decision}' on {earlier.day}"
    return f"'{one.left}' and '{one.right}': {one.who} says '{one.decision}' now; {told}"


def _heirs(answers: Sequence[_Answer], log: Decisions, run: Run, present: Iterable[str]) -> Mapping[str, str]:
    """Return the records as which those of answers and of the log go on: a word holds for these, too."""
    if not answers:
        return {}
    spoken = log.spoken.union(*(answer.decision.pair for answer in answers))
    return successors(spoken, registry_of(run), {}, present)


def _without_contradictions(
    answers: list[_Answer], log: Decisions, heirs: Mapping[str, str]
) -> tuple[list[_Answer], list[Refusal]]:
    """Hold back the answers that cannot all be true, among themselves or with earlier words, with what shows it.

    All new answers that take part are held back, so that the order of rows decides nothing.
    """
    fresh = {answer.decision.pair: answer for answer in answers}
    refused: dict[tuple[str, str], Refusal] = {}
    while found := _contradiction(fresh, log, heirs):
        told = " and ".join(f"{one.who}: '{one.left}' {one.decision} '{one.right}'" for one in found)
        for one in found.values():
            answer = fresh.pop(one.pair, None)
            if answer is not None:
                refused[one.pair] = answer.refused(f"contradiction: {told}. Change one of them")
    return [*fresh.values()], [*refused.values()]


def _contradiction(
    fresh: Mapping[tuple[str, str], _Answer], log: Decisions, heirs: Mapping[str, str]
) -> dict[Decision, Decision] | None:
    """Return words that cannot all be true, new answers among them (see `relations.conflicts`).

    Each is told of the records as they are known now, with the word as it was said.
    """
    words = {**log.last_words, **{pair: answer.decision for pair, answer in fresh.items()}}
    now: dict[tuple[str, str], tuple[Decision, Decision]] = {}
    for one in sorted(words.values(), key=lambda one: one.order):
        if (moved := of_heirs(one, heirs)) is not None:
            now[moved.pair] = moved, one
    said_as = {moved: one for moved, one in now.values() if one.decision != UNDECIDED}
    found = (said for said in conflicts(said_as) if not fresh.keys().isdisjoint(said_as[one].pair for one in said))
    said = next(found, None)
    return None if said is None else {one: said_as[one] for one in said}
