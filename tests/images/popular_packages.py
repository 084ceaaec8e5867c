"""Resolve often used packages together with what the images install, and record the outcome.

    python -m tests.images.popular_packages

It is part of `make lock`, takes minutes, and asks the package index. Each package is resolved on its own as a
build resolves a requirements.txt: with the direct requirements of the server, preferring the versions of the
image's lock. The record says which version is installed and which packages of the image change their version
for it, or why there is no solution.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.paths import CHECKOUT

RECORD = Path(__file__).with_name("popular_packages.json")
FOLDERS = {"notebook": "notebook", "hub": "."}
PLATFORM = ("--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_28")
TIMEOUT = 300  # seconds for one resolution
NOTEBOOK = """
aiohttp altair astropy awscli azure-storage-blob beautifulsoup4 black bokeh boto3 botocore cartopy catboost
clickhouse-connect cryptography cvxpy cython dask databricks-sql-connector datasets dbt-core delta-spark
dill distributed django duckdb elasticsearch elyra fastapi fastparquet flask fsspec gcsfs gensim geopandas
google-cloud-bigquery google-cloud-storage gradio great-expectations gspread h5py huggingface-hub hvplot
imbalanced-learn ipyleaflet ipympl ipywidgets jax joblib jupyter-ai jupyter-collaboration
jupyter-server-proxy jupyterlab-git jupyterlab-lsp kafka-python keras kubernetes langchain lightgbm
matplotlib minio mlflow nbgitpuller networkx nltk numba numpy openai opencv-python-headless openpyxl optuna
pandas papermill plotly polars prophet psycopg2-binary pyarrow pymongo pymysql pyspark pytest ray requests
s3fs scikit-image scikit-learn scipy seaborn sentence-transformers snowflake-connector-python spacy
sqlalchemy statsmodels streamlit sympy tensorflow torch torchvision tqdm transformers trino voila wandb
xarray xgboost
""".split()  # noqa: SIM905
HUB = """
boto3 google-cloud-storage jupyterhub-ldapauthenticator jupyterhub-ltiauthenticator
jupyterhub-nativeauthenticator jupyterhub-traefik-proxy pymysql redis sentry-sdk sqlalchemy-cockroachdb
""".split()  # noqa: SIM905
PACKAGES = {"notebook": NOTEBOOK, "hub": HUB}


def locked(image: str) -> dict[str, set[str]]:
    """Return the versions of each package in an image's lock."""
    found: dict[str, set[str]] = {}
    text = (CHECKOUT / FOLDERS[image] / "requirements.txt").read_text()
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def fingerprint(image: str) -> str:
    """Return a hash of what the record depends on: the image's direct requirements and its lock."""
    parts = [
        direct(image),
        *(f"{name} {sorted(versions)}" for name, versions in sorted(locked(image).items())),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def direct(image: str) -> str:
    """Return the direct requirements, as the image keeps them for later builds."""
    lines = (CHECKOUT / FOLDERS[image] / "requirements.in").read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("-c"))


def resolve(image: str, package: str, folder: Path) -> dict[str, Any]:
    """Resolve one package; return its version and the versions that it moves, or the conflict."""
    output = folder / f"{image}-{package}.txt"
    output.write_text((CHECKOUT / FOLDERS[image] / "requirements.txt").read_text())  # uv prefers its versions
    server = folder / f"{image}.in"
    server.write_text(direct(image))
    uv = [
        str(Path(sys.executable).with_name("uv")),
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--no-annotate",
    ]
    overrides = ["--override", str(CHECKOUT / "notebook/common/overrides.txt")]
    words = [*uv, *PLATFORM, *overrides, "-", str(server), "--output-file", str(output)]
    try:
        done = subprocess.run(
            words, input=package, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return {"conflict": f"no result after {TIMEOUT} s"}
    if done.returncode:
        return {"conflict": done.stderr.strip()[:300]}
    resolved = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", output.read_text(), re.MULTILINE))
    before = locked(image)
    moves = {name: to for name, to in resolved.items() if name in before and to not in before[name]}
    return {"version": resolved[package], **({"moves": moves} if moves else {})}


def main() -> None:
    """Write the record."""
    record: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        for image, packages in PACKAGES.items():
            results = pool.map(lambda package, image=image: resolve(image, package, Path(folder)), packages)
            record[image] = {
                "lock": fingerprint(image),
                "packages": dict(zip(packages, results, strict=True)),
            }
    RECORD.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
