"""Checkpoints by orbax, an extra: each process writes its own part, in the background, while training goes on.

For states that are too large to pass through one process; otherwise `Checkpoints` needs nothing more than NumPy.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import jax

from funcgrad.train.checkpoint import Checkpoints, Restored
from funcgrad.train.checkpoint_form import CheckpointError, check_forms, damaged, forms_of, is_key, key_like
from funcgrad.train.processes import put


class OrbaxCheckpoints(Checkpoints):
    """A folder of checkpoints in orbax's format, for `fit` as `Checkpoints` are. Needs `pip install 'funcgrad[orbax]'`.

    `save` returns when the arrays are copied, before they are written, so an error of writing is raised by the next
    `save` or by `wait`. There are no checksums.

    Args:
        folder: made at the first use.
        keep: how many of the newest stay.

    Raises:
        ValueError: if `keep` is below 1.
    """

    @cached_property
    def _manager(self) -> Any:
        import orbax.checkpoint as ocp

        options = ocp.CheckpointManagerOptions(max_to_keep=self.keep, enable_async_checkpointing=True)
        return ocp.CheckpointManager(self.folder.absolute(), options=options)

    def steps(self) -> list[int]:
        """The checkpoints that are there, or are being written, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, steps: int, state: Any, *, info: dict[str, Any] | None = None) -> None:
        """Begin to write a checkpoint; the state may be donated afterwards.

        Raises:
            CheckpointError: if it, or the one before it, cannot be written, or if there is one of these steps.
        """
        import orbax.checkpoint as ocp

        if steps in self.steps():
            raise CheckpointError(f"{self.folder} has a checkpoint of step {steps}, expected new steps.", state)
        try:
            self._manager.save(
                steps,
                args=ocp.args.Composite(
                    arrays=ocp.args.StandardSave(_arrays(state)),
                    about=ocp.args.JsonSave({"forms": forms_of(state), "info": info or {}}),
                ),
            )
        except Exception as error:
            raise CheckpointError(f"The checkpoint of step {steps} could not be written: {error}.", state) from error

    def wait(self) -> None:
        """Return when all that was saved is on disk.

        Raises:
            CheckpointError: if it could not be written.
        """
        try:
            self._manager.wait_until_finished()
        except Exception as error:
            raise CheckpointError(f"The last checkpoint could not be written: {error}.") from error

    def restore(self, like: Any, steps: int | None = None) -> Restored | None:
        """Return the newest checkpoint, or that of `steps`; None if there is none. See `Checkpoints.restore`."""
        self.wait()
        there = self.steps()
        if not there:
            return None
        steps = there[-1] if steps is None else steps
        if steps not in there:
            raise CheckpointError(f"{self.folder} has no checkpoint of step {steps}, only of {there}.")
        about = self._read(steps, "about", None)
        check_forms(self.folder / str(steps), about["forms"], like)
        arrays = self._read(steps, "arrays", jax.tree.map(_abstract, _arrays(like)))
        return Restored(steps, _filled(like, arrays), about["info"])

    def _read(self, steps: int, part: str, like: Any) -> Any:
        import orbax.checkpoint as ocp

        wanted = ocp.args.JsonRestore() if like is None else ocp.args.StandardRestore(like)
        try:
            return self._manager.restore(steps, args=ocp.args.Composite(**{part: wanted}))[part]
        except Exception as error:  # of many kinds, by what is missing
            raise damaged(self.folder / str(steps), error) from error


def _arrays(state: Any) -> dict[str, Any]:
    """The arrays by number; orbax takes neither random keys nor arrays without elements."""
    leaves = enumerate(jax.tree.leaves(state))
    return {str(place): jax.random.key_data(leaf) if is_key(leaf) else leaf for place, leaf in leaves if leaf.size}


def _abstract(array: jax.Array) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape, array.dtype, sharding=array.sharding)


def _filled(like: Any, arrays: dict[str, Any]) -> Any:
    leaves, structure = jax.tree.flatten(like)
    return structure.unflatten([_leaf(arrays.get(str(place)), leaf) for place, leaf in enumerate(leaves)])


def _leaf(array: Any, like: Any) -> Any:
    if array is None:
        return like
    return put(key_like(array, like), like.sharding) if is_key(like) else array
