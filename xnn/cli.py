"""The command `xnn`: trains, evaluates, and lists devices.

Exit codes: 0; 2 for what the user can mend (stderr says how); 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import xnn
from xnn.errors import DeviceError, OptionError, XnnError

if TYPE_CHECKING:
    from xnn.train.mnist import Training
    from xnn_backends import Device, DeviceReport

WRONG, INTERRUPTED = 2, 130
OPTIONS = ("model", "epochs", "batch_size", "optimizer", "lr", "seed", "data")  # of a run's config


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code.

    Args:
        argv: the words after `xnn`; None: those of the process.

    Raises:
        SystemExit: from argparse, with code 2 for words that it does not know, 0 for --help.
    """
    try:
        arguments = _parser().parse_args(argv)
        return _run(arguments)
    finally:
        for stream in (sys.stdout, sys.stderr):
            _settle(stream)


def _run(arguments: argparse.Namespace) -> int:
    """What main does with the words; the exit code."""
    if sys.stdout is None or sys.stdout.closed:
        return _complain(
            "stdout is closed, and nobody would hear what is found. Cure: leave it open, or > /dev/null.", WRONG
        )
    try:
        with warnings.catch_warnings():
            warnings.showwarning = cast(Any, _warn)
            warnings.simplefilter("default", UserWarning)  # none ends a run, whatever -W says
            arguments.command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        return _complain(str(stop) or "stopped.", INTERRUPTED)
    except BrokenPipeError:
        return WRONG  # who reads our output has gone, as `head` does, and wants no more of it
    except (XnnError, OSError) as error:
        return _complain(str(error), WRONG)
    except MemoryError as error:
        return _complain(f"out of memory: {error}. Cure: free memory, or another --device.", WRONG)
    return 0


def _complain(message: str, code: int) -> int:
    if sys.stderr is not None:  # as where it was closed; print would take stdout
        with contextlib.suppress(OSError, ValueError):  # nobody hears it; the code tells
            print(_printable(f"xnn: {message}", sys.stderr), file=sys.stderr, flush=True)
    return code


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """In the place of warnings.showwarning: a line of ours, without Python's line of code."""
    _complain(f"warning: {message}", 0)


def _say(line: str) -> None:
    try:
        print(_printable(line, sys.stdout), flush=True)  # a log that is read while training goes on
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(
            f"stdout cannot be written: {error.strerror}. Cure: make room there, or > {os.devnull}."
        ) from error


def _printable(line: str, stream: TextIO) -> str:
    """A line that stays one, and that a stream can encode: names may hold newlines or commands to terminals."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return escaped.encode(encoding, "backslashreplace").decode(encoding)


def _settle(stream: TextIO | None) -> None:
    """Write what is left, or else drop it: Python would try again at its end, and exit with a code of its own."""
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


# ---- what may be typed ----


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xnn", description="Train neural networks on CPU or GPU, and see which devices there are."
    )
    parser.add_argument("--version", action="version", version=f"xnn {xnn.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    devices = commands.add_parser("devices", help="list backends and devices: usable or not, why, and the cure")
    devices.add_argument("--json", action="store_true", help="as JSON, for programs")
    devices.set_defaults(command=_devices)
    return parser


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a network",
        description="Train a network on MNIST: on the 8,000 digits that ship with xnn for training, and 2,000 for "
        "testing, or on the full set (--data).",
    )
    train.set_defaults(command=_train)
    train.add_argument("dataset", choices=["mnist"], help="what to train on")
    train.add_argument("--model", help="softmax, mlp or cnn (default: mlp)")
    train.add_argument("--epochs", type=_whole, help="how often to train on each digit (default: 20; cnn 10)")
    train.add_argument("--batch-size", type=_whole, help="digits a step (default: 128)")
    train.add_argument(
        "--optimizer",
        help="sgd, momentum, rmsprop, adam, adamw, adagrad, adadelta, adamax, nadam, radam, adafactor, lion, lamb, "
        "lars or ftrl (default: adam)",
    )
    train.add_argument("--lr", type=_number, help="learning rate (default: one that suits the optimizer; adam 0.001)")
    train.add_argument("--seed", type=_whole, help="of weights, order and dropout (default: 0)")
    train.add_argument("--out", metavar="DIR", help="an empty or new folder for the run (default: a new one in ./runs)")
    train.add_argument("--resume", metavar="RUN", help="go on with a run; --epochs may raise its number of epochs")
    train.add_argument("--plot", action="store_true", help="draw learning curves and ten predictions, as PNG")
    _add_device_and_data(train)


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="the test accuracy of a run that `xnn train` wrote")
    evaluate.set_defaults(command=_evaluate)
    evaluate.add_argument("run", metavar="RUN", help="its folder")
    _add_device_and_data(evaluate)


def _add_device_and_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", help="auto, cpu, cuda, cuda:1, ...: see `xnn devices` (default: XNN_DEVICE, or auto)"
    )
    parser.add_argument("--data", metavar="DIR", help="folder with MNIST's four IDX files, gzipped or not")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"this is a whole number, as 20; got {text!r:.80}") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"this is a number, as 0.001; got {text!r:.80}") from None


# ---- xnn train ----


def _train(arguments: argparse.Namespace) -> None:
    from xnn.train import mnist
    from xnn.train.options import Options

    given = {name: getattr(arguments, name) for name in OPTIONS}
    if arguments.plot:
        from xnn import plot

        plot.check_installed()
    if arguments.resume is None:
        options = Options.of(**given)
        training = mnist.start(options, _announce_device(arguments.device), arguments.out)
    else:
        _refuse_other_folder(arguments.resume, arguments.out)
        training = mnist.resume(arguments.resume, _announce_device(arguments.device), **given)
    _describe(training)
    _fit(training)
    if arguments.plot:
        _plot(training)


def _refuse_other_folder(resume: str, out: str | None) -> None:
    if out is not None and Path(out).resolve() != Path(resume).resolve():
        raise OptionError(f"a run is gone on with in its own folder, {resume}; got --out {out}. Cure: leave out --out.")


def _announce_device(name: str | None) -> Device:
    from xnn_backends import choose

    choice = choose(name)
    _say(f"device: {choice.device} ({choice.why})")
    return choice.device


def _describe(training: Training) -> None:
    options, digits = training.options, len(training.train_data)
    source = "those that ship with xnn" if options.data is None else f"from {options.data}"
    parameters = sum(p.size for p in training.model.parameters())
    _say(f"data: {digits:,} digits for training, {len(training.test_data):,} for testing, {source}")
    _say(f"model: {options.model}, {parameters:,} parameters")
    how = f"{options.optimizer}, learning rate {options.lr:g}, batches of {options.batch_size}, seed {options.seed}"
    _say(f"training: {how}")
    go_on = f", goes on after epoch {training.run.epoch}" if training.run.epoch else ""
    _say(f"run: {training.run.folder}{go_on}")


def _fit(training: Training) -> None:
    run, total = training.run, training.options.epochs
    if training.is_complete:
        _say(f"the run is complete: {run.epoch} of {total} epochs are done. To train more, raise --epochs.")
    before, begin = run.epoch, time.perf_counter()
    with warnings.catch_warnings():
        # Where training diverges, fit says so, with the cure; NumPy says it first, with its own line of code.
        warnings.filterwarnings("ignore", "(overflow|invalid value|divide by zero) encountered", RuntimeWarning)
        training.fit(lambda entry: _say(_line(entry, total)), lambda number, steps: _bar(number, total, steps))
    seconds, done = time.perf_counter() - begin, run.history[before:]
    best = max(run.history, key=lambda entry: entry["test_accuracy"])
    _say(f"best test accuracy: {best['test_accuracy']:.2%}, after epoch {best['epoch']}")
    if done:
        speed = len(done) * len(training.train_data) / max(sum(entry["seconds"] for entry in done), 1e-9)
        _say(f"time: {seconds:.1f} s, {speed:,.0f} samples per second in training")
    _say(f"saved: {run.folder} (weights: {run.weights_path.name})")


def _line(entry: dict[str, Any], total: int) -> str:
    return (
        f"epoch {entry['epoch']:{len(str(total))}}/{total}  training loss {entry['train_loss']:.4f}  "
        f"test accuracy {entry['test_accuracy']:.2%}  {entry['seconds']:.1f} s"
    )


@contextlib.contextmanager
def _bar(number: int, total: int, steps: int) -> Iterator[Callable[[], object]]:
    """A progress bar that gives way to the epoch's line; none where the output is no terminal."""
    from tqdm import tqdm

    label = f"epoch {number:{len(str(total))}}/{total}"
    size = shutil.get_terminal_size()  # some terminals say 0 x 0, and tqdm would then draw nothing
    shape: dict[str, Any] = {"ncols": size.columns, "nrows": size.lines}
    with tqdm(total=steps, desc=label, unit="step", leave=False, file=sys.stdout, disable=None, **shape) as bar:
        yield bar.update


def _plot(training: Training) -> None:
    from xnn import plot
    from xnn.train import predict
    from xnn.train.files import write_whole
    from xnn.train.folder import writing_to

    folder, test = training.run.folder, training.test_data
    images = test.inputs[:10]
    curves, pictures = io.BytesIO(), io.BytesIO()
    plot.learning_curves(training.run.history, curves)
    plot.predictions(images, test.labels[:10], predict(training.model, images), pictures)
    with writing_to(folder):  # whole, and through no link
        write_whole(folder / "learning-curves.png", curves.getvalue())
        write_whole(folder / "predictions.png", pictures.getvalue())
    _say(f"plots: {folder / 'learning-curves.png'}, {folder / 'predictions.png'}")


# ---- xnn evaluate ----


def _evaluate(arguments: argparse.Namespace) -> None:
    from xnn.train import mnist

    device = _announce_device(arguments.device)
    run, accuracy, count = mnist.evaluate(arguments.run, device, arguments.data)
    _say(f"run: {run.folder}, {run.config['model']}, after {run.epoch} of {run.config['epochs']} epochs")
    _say(f"test accuracy: {accuracy:.2%} ({round(accuracy * count):,} of {count:,} digits)")


# ---- xnn devices ----


def _devices(arguments: argparse.Namespace) -> None:
    """List devices. As JSON: {"devices": [fields of DeviceReport, ...], "auto": {"device": ..., "why": ...}}.

    `auto`'s device is null where none is usable; memory is in bytes, null where it is not known. Where XNN_DEVICE asks
    for another default, that is "default", in the form of "auto".

    Raises:
        DeviceError: at the end, if XNN_DEVICE asks for what cannot be used.
    """
    from xnn_backends import available, choose

    with contextlib.redirect_stdout(sys.stderr):  # what a stranger's backend prints is no part of the list
        reports = available()
    chosen = {"auto": _chosen("auto")}
    if os.environ.get("XNN_DEVICE", "auto") not in ("", "auto"):
        chosen["default"] = _chosen(None)
    if arguments.json:
        for line in json.dumps({"devices": [asdict(report) for report in reports], **chosen}, indent=2).split("\n"):
            _say(line)
    else:
        width = max(len(report.device) for report in reports)
        for report in reports:
            for line in _device_lines(report, width):
                _say(line)
        auto = chosen["auto"]
        _say("")
        _say(f"auto takes {auto['device'] or 'none'}: {auto['why']}")
        if default := chosen.get("default"):
            _say(f"the default is {default['device'] or 'none'}: {default['why']}")
    if "default" in chosen:
        choose()  # what is wrong with it


def _chosen(name: str | None) -> dict[str, str | None]:
    from xnn_backends import choose

    try:
        choice = choose(name)
    except DeviceError as error:
        return {"device": None, "why": str(error)}
    return {"device": str(choice.device), "why": choice.why.removeprefix("auto: ")}


def _device_lines(report: DeviceReport, width: int) -> Iterator[str]:
    indent = " " * (width + 2)
    if report.usable:
        memory = ""
        if report.memory_total and report.memory_free is not None:
            memory = f", {report.memory_free / 2**30:.1f} of {report.memory_total / 2**30:.1f} GiB free"
        yield f"{report.device:{width}}  usable: {report.hardware or 'no more is known'}{memory}"
    else:
        yield f"{report.device:{width}}  not usable: {report.reason}"
        yield f"{indent}cure: {report.cure}"
