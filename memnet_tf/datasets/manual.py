"""Files that a user puts into `manual_dir`, and what builders make of them."""

import pathlib
import tarfile

import tensorflow_datasets as tfds


def examples(builder, split, manual_dir=None):
    """The examples of a split, as numpy arrays.

    Args:
        builder: a builder; what it has not yet prepared is prepared now.
        split: such as `"train"` or `"test[:100]"`.
        manual_dir: where it finds its files.
    """
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
    )
    return tfds.as_numpy(builder.as_dataset(split=split))


def read(manual_dir, root, names, optional=()):
    """The texts of files.

    Args:
        manual_dir: a folder that holds the folder `root`, or an archive of
            it whose name holds that name, in any case, and `.tar`.
        root: name of the folder.
        names: paths of the files from there.
        optional: paths of further files, which not every copy has.

    Returns:
        A dict of texts by name, of `optional` those that are there.

    Raises:
        FileNotFoundError: there is neither, or a file is not in it.
    """
    folder = pathlib.Path(manual_dir) / root
    archives = [
        path
        for path in sorted(pathlib.Path(manual_dir).glob("*.tar*"))
        if root.lower() in path.name.lower()
    ]
    if folder.is_dir():
        texts = {
            name: (folder / name).read_text(encoding="utf-8")
            for name in (*names, *optional)
            if (folder / name).is_file()
        }
    elif archives:
        folder = archives[0]
        texts = _read_archive(folder, root, (*names, *optional))
    else:
        raise FileNotFoundError(
            f"Expected the folder {root}, or an archive of it such as "
            f"{root}.tar.xz, in `manual_dir`. Received: {manual_dir}, which "
            "has neither"
        )
    for name in names:
        if name not in texts:
            raise FileNotFoundError(
                f"Expected the file {name} in {folder}. Received: a copy "
                "without it"
            )
    return texts


def _read_archive(path, root, names):
    wanted = {f"{root}/{name}": name for name in names}
    texts = {}
    with tarfile.open(path) as archive:
        for member in archive:
            name = wanted.get(member.name.removeprefix("./"))
            file = archive.extractfile(member) if name else None
            if file is not None:
                texts[name] = file.read().decode()
    return texts
