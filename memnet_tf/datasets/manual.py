"""Files that a user puts into `manual_dir`: a folder, or an archive of it."""

import pathlib
import tarfile


def read(manual_dir, root, names):
    """The texts of files.

    Args:
        manual_dir: a folder that holds the folder `root`, or an archive of
            it whose name holds that name and `.tar`.
        root: name of the folder.
        names: paths of the files from there.

    Returns:
        A dict of texts by name.

    Raises:
        FileNotFoundError: there is neither, or a file is not in it.
    """
    folder = pathlib.Path(manual_dir) / root
    archives = sorted(pathlib.Path(manual_dir).glob(f"*{root}*.tar*"))
    if folder.is_dir():
        texts = {
            name: (folder / name).read_text()
            for name in names
            if (folder / name).is_file()
        }
    elif archives:
        folder = archives[0]
        texts = _read_archive(folder, root, names)
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
