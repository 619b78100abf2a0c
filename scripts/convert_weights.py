#!/usr/bin/env python3
"""Turns weights of PyTorch (.pth, .pt) into safetensors, which hpctrain reads (--model.init), and back.

Usage: scripts/convert_weights.py IN.pth OUT.safetensors
       scripts/convert_weights.py IN.safetensors OUT.pth

The endings say which way. A .pth file may hold the tensors by name (model.state_dict()) or a checkpoint with them under
"state_dict", "model_state_dict" or "model"; "module." before every name (DataParallel) is taken off. Nothing in a file
is executed. Needs the packages torch and safetensors: those of .venv do.
"""
import argparse
import os
import pathlib
import pickle
import sys
import tempfile

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

PICKLED = {".pth", ".pt"}
SAFE = {".safetensors"}
INSIDE = ("state_dict", "model_state_dict", "model")
PREFIX = "module."


class Refusal(Exception):
    """One line: what was found, what to do."""


def named_tensors(content, path: pathlib.Path) -> dict[str, torch.Tensor]:
    if not isinstance(content, dict):
        raise Refusal(f"{path}: holds a {type(content).__name__}, not tensors by name; save model.state_dict()")
    for key in INSIDE:
        if isinstance(content.get(key), dict):
            print(f"taking the tensors under \"{key}\"")
            content = content[key]
            break
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise Refusal(f"{path}: {name!r} is a {type(value).__name__}, not a tensor; save model.state_dict()")
    if not content:
        raise Refusal(f"{path}: holds no tensors; save model.state_dict()")
    if all(name.startswith(PREFIX) for name in content):
        print(f"taking \"{PREFIX}\" off every name")
        content = {name.removeprefix(PREFIX): tensor for name, tensor in content.items()}
    return content


def load_pickled(path: pathlib.Path) -> dict[str, torch.Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise Refusal(f"{path}: is no weights of PyTorch, or holds Python objects besides tensors, which are not "
                      "executed here; where you trust the file, load it and save model.state_dict()") from error
    except (RuntimeError, EOFError, ValueError) as error:
        raise Refusal(f"{path}: cannot be read as weights of PyTorch: {str(error).splitlines()[0]}") from error
    return named_tensors(content, path)


def load_safe(path: pathlib.Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise Refusal(f"{path}: is no safetensors file, or damaged: {error}") from error


def load(path: pathlib.Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise Refusal(f"{path}: no such file")
    return load_pickled(path) if path.suffix in PICKLED else load_safe(path)


def save(tensors: dict[str, torch.Tensor], path: pathlib.Path) -> None:
    """Appears whole or not at all."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise Refusal(f"{path}: cannot be written: {error.strerror}") from error
    os.close(handle)
    temporary = pathlib.Path(name)
    try:
        if path.suffix in SAFE:
            # Tensors that share memory are written apart; the format knows no views.
            save_file({key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}, temporary)
        else:
            torch.save(tensors, temporary)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def convert(source: pathlib.Path, target: pathlib.Path) -> str:
    endings = {source.suffix, target.suffix}
    if not (endings & PICKLED and endings & SAFE):
        raise Refusal(f"{source} to {target}: give one file that ends in .pth or .pt and one in .safetensors")
    tensors = load(source)
    save(tensors, target)
    values = sum(tensor.numel() for tensor in tensors.values())
    return f"{target}: {len(tensors):,} tensors, {values:,} values"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="IN", type=pathlib.Path)
    parser.add_argument("target", metavar="OUT", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        print(convert(arguments.source, arguments.target))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 65
    return 0


if __name__ == "__main__":
    sys.exit(main())
