"""Every benchmark runs, at its smallest, and what it prints is what was measured."""

import dataclasses
import json
import math
import sys

import numpy as np
import pytest

from benchmarks import convolutions, footprint, machine, notes, results, scaling, table, timing
from benchmarks.__main__ import FAMILIES, fairness, parsed, rows_without_fast
from benchmarks.machine import Rates
from tests.oracle import torch

TINY = timing.EFFORTS["tiny"]
RATES = Rates(1e11, {1 << 20: 1e10})
WORKS = [work for name, family in FAMILIES.items() if name != "footprint" for work in family.works(TINY)]


def row(**changes):
    row = timing.Row("epoch", "xnn", "PyTorch", 2.0, 1.0, 0.5, 0.4, 0.6, target=1.0, floor=0.5)
    return dataclasses.replace(row, **changes)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_a_work_is_the_same_by_all_and_has_a_row_for_each(work):
    torch.set_num_threads(torch.get_num_threads())  # skips where PyTorch is not installed
    if work.name.startswith("epoch") and work is not WORKS[0]:  # JAX compiles each network for a second
        work = dataclasses.replace(work, peers={name: make for name, make in work.peers.items() if name != "JAX"})
    rows = timing.measure(work, TINY, RATES)
    assert {row.ours.partition(",")[0] for row in rows} == set(work.ours)
    assert {row.peer for row in rows} == set(filter(timing.present, work.peers))
    for row in rows:
        assert row.own > 0
        assert row.other > 0
        assert row.low <= row.ratio <= row.high


@pytest.mark.parametrize("axis", scaling.AXES, ids=lambda axis: axis.name)
def test_costs_grow(axis, monkeypatch):
    monkeypatch.setattr(scaling, "AXES", [axis])
    (growth,) = scaling.grown(TINY)
    assert len(growth.sizes) == len(growth.xnn) >= 2
    assert len(growth.torch) in (0, len(growth.sizes))


@pytest.mark.needs("torch")
def test_without_compiled_kernels():
    torch.float32  # noqa: B018  # skips where PyTorch is not installed
    (row,) = rows_without_fast("overhead", "tiny")
    assert row.ours == "xnn, pure NumPy"


@pytest.mark.needs("torch")
def test_import_takes_time_and_memory():
    torch.float32  # noqa: B018  # skips where PyTorch is not installed
    found = footprint.import_time(TINY)
    assert found.floor > 0
    assert 0 < found.own < found.other
    imports, whole, beyond = footprint.peaks("xnn", TINY, "0")
    assert 0 < imports < whole
    assert beyond == whole - imports


@pytest.mark.needs("torch")
def test_installed_sizes():
    pytest.importorskip("packaging")
    torch.float32  # noqa: B018  # skips where PyTorch is not installed
    assert {"torch", "sympy", "mpmath"} <= footprint.needed("torch")
    rows = list(footprint.installed_size())
    assert all(0 < row.own < row.other for row in rows)


def test_what_computes_something_else_is_not_timed():
    one, other = (timing.Contender(lambda: None, lambda v=v: [np.asarray([v, 1.0])]) for v in (1.0, 1.01))
    timing.check_same("epoch", {"xnn": one, "PyTorch": one})
    with pytest.raises(AssertionError, match="epoch: PyTorch computes something else than xnn"):
        timing.check_same("epoch", {"xnn": one, "PyTorch": other})


def test_ratios_are_of_pairs():
    pairs = [(1.0, 2.0), (2.0, 2.0), (4.0, 2.0)]
    found = timing.row("epoch", "xnn", "PyTorch", pairs, 1e3)
    assert (found.own, found.other, found.ratio) == (2000.0, 2000.0, 1.0)
    assert found.low == pytest.approx(0.6)
    assert found.high == pytest.approx(1.8)


def test_turns_are_taken_in_both_orders_after_a_pause(monkeypatch):
    turns, pauses = [], []
    monkeypatch.setattr(timing.time, "sleep", pauses.append)
    effort = dataclasses.replace(timing.EFFORTS["full"], sample=0.0, seconds=0.0, rounds=3)
    runs = [lambda name=name: turns.append(name) for name in "ABC"]
    times = timing.rounds(runs, effort)
    assert "".join(turns[3:]) == "ABCCBAABC"  # the first three only warm up
    assert [len(taken) for taken in times] == [3, 3, 3]
    assert pauses == [effort.pause] * 9
    assert effort.pause >= 0.15


def test_times_stand_in_the_order_of_the_works(monkeypatch):
    clock = iter(range(1000))
    cost = {"A": 1, "B": 5}
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    runs = [lambda name=name: [next(clock) for _ in range(cost[name])] for name in "AB"]
    times = timing.rounds(runs, dataclasses.replace(TINY, rounds=2))
    assert times == [(2, 6), (2, 6)]


def test_what_makes_figures_unfair_is_told(monkeypatch, recwarn):
    full = timing.EFFORTS["full"]
    shares = iter([0.01, 0.4, math.nan])
    monkeypatch.setattr(machine, "busy", lambda: next(shares))
    monkeypatch.setattr(machine, "waiting", iter([0.11, 0.25, 0.0]).__next__)
    first, second = fairness(full)
    assert first == "other work took 1% of the processors at the start"
    assert second.endswith("NumPy's BLAS keeps waiting 0.110 s")
    assert not recwarn
    fairness(full)
    told = [str(warning.message) for warning in recwarn]
    assert told[0] == "other work takes 40% of the processors: libraries lose unequally by it"
    assert told[1] == "a pause of 0.2 s before a turn is too short for this machine"
    recwarn.clear()
    fairness(full)  # where the system does not tell
    assert not recwarn


def test_threads_that_wait_take_time(monkeypatch):
    monkeypatch.setattr(machine.time, "process_time", iter([1.0, 1.25]).__next__)
    monkeypatch.setattr(machine.time, "sleep", lambda seconds: None)
    assert machine.waiting() == 0.25


@pytest.mark.skipif(not machine.Path("/proc/stat").exists(), reason="only Linux tells")
def test_other_work_takes_time(monkeypatch):
    times = iter([(100, 200), (130, 300)])
    monkeypatch.setattr(machine, "_times", lambda stat: next(times))
    monkeypatch.setattr(machine.time, "sleep", lambda seconds: None)
    assert machine.busy() == pytest.approx(0.7)


def test_the_floor_is_of_products_and_copies():
    cost = timing.Cost(flops=3e11, bytes=2e10, steps=2)
    assert cost.seconds(RATES) == pytest.approx(2 * (3 + 2))
    assert Rates(1.0, {100: 5.0, 10_000: 7.0}).bytes_a_second(300) == 5.0


def test_a_mean_is_geometric_and_has_the_target():
    rows = [row(ours=ours, ratio=ratio) for ours in ("xnn", "xnn, pure NumPy") for ratio in (0.25, 1.0)]
    means = list(convolutions.means(rows))
    assert [mean.ratio for mean in means] == pytest.approx([0.5, 0.5])
    assert [mean.target for mean in means] == [0.8, 0.35]


def test_an_exponent_is_of_the_upper_half():
    sizes = (1, 10, 100, 1000, 10_000)
    assert scaling.exponent(sizes, [1.0, 1.0, 1.0, 1e2, 1e4]) == pytest.approx(2)
    assert math.isnan(scaling.exponent((1,), [1.0]))


def test_a_row_that_falls_short_has_its_reason(monkeypatch, capsys):
    rows = [row(), row(peer="JAX"), row(ratio=1.5)]
    monkeypatch.setattr(notes, "NOTES", [("epoch | xnn | Py*", "the reason")])
    assert [table.cells(r, table.footnotes(rows))[-1] for r in rows] == ["*1", "*", ""]
    assert table.unexplained(rows) == ["epoch | xnn | JAX"]
    table.show(rows)
    printed = capsys.readouterr().out
    assert "*1 the reason" in printed
    assert "0.400 to 0.600" in printed


def test_the_plain_table(monkeypatch, capsys):
    monkeypatch.setattr(table.importlib.util, "find_spec", lambda name: None)
    table.show([row()])
    assert "epoch  xnn   PyTorch     2.00 ms     1.00 ms  0.500" in capsys.readouterr().out


def test_results_are_written_and_written_again(monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(results, "HERE", tmp_path)
    monkeypatch.setattr(results, "FIGURES", tmp_path / "results.json")
    growths = [scaling.Growth(axis.name, (1, 10), (1.0, 10.0), ()) for axis in scaling.AXES]
    heading = {"command": "python -m benchmarks --write", "date": "2026-01-01", "machine": ["a machine"]}
    results.save(heading=heading, rows=[row()], growths=growths)
    page = (tmp_path / "RESULTS.md").read_text()
    assert "| epoch | xnn | PyTorch | 2.00 ms |" in page
    assert "- a machine" in page
    plots = [(tmp_path / name).read_bytes() for name in ("results.svg", "scaling.svg")]
    monkeypatch.setattr(notes, "NOTES", [("epoch*", "the reason")])
    results.render()
    assert "\\*1 the reason" in (tmp_path / "RESULTS.md").read_text()
    assert plots == [(tmp_path / name).read_bytes() for name in ("results.svg", "scaling.svg")]
    assert json.loads((tmp_path / "results.json").read_text())["rows"][0]["ratio"] == 0.5


@pytest.mark.parametrize(("options", "effort"), [([], "full"), (["--quick"], "quick"), (["--effort", "tiny"], "tiny")])
def test_the_command_line(options, effort, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["benchmarks", *options])
    assert parsed().effort == effort
