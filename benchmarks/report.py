"""Report the results as text (ratios first), as JSON and as a plot."""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from . import harness

DISTRIBUTIONS = [
    "drf-token-auth",
    "Django",
    "djangorestframework",
    "django-rest-knox",
    "django-rest-durin",
    "djangorestframework-simplejwt",
    "django-oauth-toolkit",
    "psycopg",
    "gunicorn",
    "uvicorn",
]


class Report:
    def __init__(self, benchmark: str, options: dict[str, Any], unit: str = "µs") -> None:
        self.benchmark = benchmark
        self.options = {
            name: value
            for name, value in options.items()
            if name not in ("benchmark", "json", "plot")
        }
        self.unit = unit
        self.ratios: list[dict[str, Any]] = []
        self.cases: dict[str, dict[str, float]] = {}
        self.notes: list[str] = []

    def add_samples(self, samples: dict[str, harness.Samples]) -> None:
        self.cases.update({name: harness.summary(one) for name, one in samples.items()})

    def compare(
        self, samples: dict[str, harness.Samples], case: str, base: str, goal: str | None = None
    ) -> None:
        """Add the ratio of two cases, if this run has both."""
        if case in samples and base in samples:
            found = harness.ratio(samples[case], samples[base])
            self.add_ratio(f"{case} / {base}", goal=goal, **found)

    def add_ratio(self, name: str, ratio: float, goal: str | None = None, **spread: float) -> None:
        """Add a ratio.

        :param goal: for example ``<= 0.5``.
        """
        entry: dict[str, Any] = {"name": name, "ratio": ratio, **spread}
        if goal is not None:
            sign, limit = goal.split()
            met = ratio <= float(limit) if sign == "<=" else ratio >= float(limit)
            entry.update(goal=goal, met=met)
        self.ratios.append(entry)

    def text(self) -> str:
        lines = [f"{self.benchmark}", ""]
        for entry in self.ratios:
            spread = f" ({entry['low']:.2f}-{entry['high']:.2f})" if "low" in entry else ""
            goal = ""
            if "goal" in entry:
                goal = f"  goal {entry['goal']}: {'met' if entry['met'] else 'MISSED'}"
            lines.append(f"{entry['ratio']:8.3f}{spread:14}  {entry['name']}{goal}")
        if self.cases:
            columns = list(next(iter(self.cases.values())))
            lines += ["", "".join(f"{column:>12}" for column in columns) + f"   [{self.unit}]"]
        for name, case in self.cases.items():
            lines.append("".join(f"{value:12,.1f}" for value in case.values()) + f"   {name}")
        lines += ["", *self.notes] if self.notes else []
        described = environment()
        machine = f"{described['machine']}, {described['cpus']} CPUs, load {described['load']}"
        versions = ", ".join(f"{name} {number}" for name, number in described["versions"].items())
        lines += [
            "",
            f"options: {json.dumps(self.options, default=str)}",
            f"{described['python']}, {machine}",
            versions,
        ]
        return "\n".join(lines)

    def write(self, path: str) -> None:
        content = {
            "benchmark": self.benchmark,
            "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "options": self.options,
            "unit": self.unit,
            "ratios": self.ratios,
            "cases": self.cases,
            "notes": self.notes,
            "environment": environment(),
        }
        text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
        Path(path).write_text(text + "\n", encoding="utf-8")

    def plot(self, path: str) -> None:
        """Draw a bar for each case's first figure, with a tick at its 95th percentile, if any."""
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot

        names = list(self.cases)[::-1]
        columns = list(next(iter(self.cases.values())))
        values = [self.cases[name][columns[0]] for name in names]
        ours = "drf-token-auth"
        figure, axes = pyplot.subplots(figsize=(8, 0.8 + 0.28 * len(names)))
        colors = ["#0c7a5b" if name.startswith(ours) else "#9aa5b1" for name in names]
        axes.barh(names, values, color=colors)
        if "p95" in columns:
            ends = [self.cases[name]["p95"] for name in names]
            axes.plot(ends, names, linestyle="none", marker="|", color="#444444")
        if min(values) > 0 and max(values) > 30 * min(values):
            axes.set_xscale("log")
        axes.set_xlabel(f"{columns[0]} [{self.unit}]")
        axes.set_title(self.benchmark)
        axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout()
        figure.savefig(path)
        pyplot.close(figure)


def environment() -> dict[str, Any]:
    versions = {}
    for name in DISTRIBUTIONS:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "cpus": os.cpu_count(),
        "machine": f"{platform.system()} {platform.machine()}",
        # The load at the end of the run. The benchmark itself causes a load of one to two.
        "load": [round(load, 1) for load in os.getloadavg()],
        "versions": versions,
    }
