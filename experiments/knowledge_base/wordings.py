"""Wordings of questions about films, written from what the relations mean.

A question follows a path of types, such as actor, movie, year, from an entity
`{x}`. Its wording is put together of phrases: for films of a person or a
topic, for films like another, and for what is wanted of films. Phrases were
added once for questions of validation that were answered wrongly; questions of
test were not looked at.
"""

_NOUNS = "films", "movies", "film", "movie"

# Films of a person or a topic.
_FILMS_OF = {
    "actor": (
        "{films} starring {x}",
        "{films} featuring {x}",
        "{films} starred by {x}",
        "{films} acted by {x}",
        "{films} {x} starred in",
        "{films} {x} acted in",
        "{films} {x} played in",
        "{films} that {x} appears in",
        "{films} that {x} appeared in",
        "{films} with {x} in the cast",
        "{films} in which {x} is an actor",
        "{films} that have {x} as an actor",
        "{films} of the actor {x}",
        "{x} starred {films}",
        "{x} acted {films}",
    ),
    "director": (
        "{films} directed by {x}",
        "{films} {x} directed",
        "{films} that {x} directed",
        "{films} made by the director {x}",
        "{films} whose director is {x}",
        "{films} {x} is the director of",
        "{films} with {x} as director",
        "{films} of the director {x}",
        "{x} directed {films}",
    ),
    "writer": (
        "{films} written by {x}",
        "{films} {x} wrote",
        "{films} that {x} wrote",
        "{films} by the writer {x}",
        "{films} whose writer is {x}",
        "{films} {x} is the writer of",
        "{films} whose screenwriter is {x}",
        "{films} with a screenplay by {x}",
        "{films} for which {x} wrote the script",
        "{films} whose scriptwriter is {x}",
        "{films} of the screenwriter {x}",
        "{x} written {films}",
    ),
    "tag": (
        "{films} about {x}",
        "{films} described by {x}",
        "{films} that {x} describes",
        "{films} described with {x}",
        "{films} tagged {x}",
        "{films} on the topic {x}",
        "{films} to which {x} applies",
    ),
}

# Films that have a person in common with a film.
_FILMS_LIKE = {
    role: (
        f"{{films}} that share {roles} with {{x}}",
        f"{{films}} that share the {role} with {{x}}",
        f"{{films}} with the same {role} as {{x}}",
        f"{{films}} that share the same {role} of {{x}}",
        f"{{films}} that have the same {role} of {{x}}",
        f"other {{films}} of the {role} of {{x}}",
        f"{{films}} {made} by the {role} of {{x}}",
        f"{{films}} that were {made} by the {role} of {{x}}",
        f"{{films}} {made} by the {roles} of {{x}}",
        f"{{films}} the {role} of {{x}} {did}",
        f"{{films}} that the {roles} of {{x}} also {did}",
        f"{{films}} whose {roles} also {did} {{x}}",
        f"{{films}} of which the {role} also {did} {{x}}",
        *more,
    )
    for role, roles, made, did, more in (
        (
            "actor",
            "actors",
            "starred",
            "starred in",
            (
                "{films} starring actors of {x}",
                "{films} whose actors also appear in {x}",
                "{films} the actors of {x} also acted in",
                "{films} in which actors of {x} appear",
                "{films} acted by the actors in {x}",
            ),
        ),
        ("director", "directors", "directed", "directed", ()),
        (
            "writer",
            "writers",
            "written",
            "wrote",
            (
                "{films} whose screenwriter is that of {x}",
                "{films} that share the screenwriter with {x}",
                "{films} the scriptwriter of {x} also wrote",
            ),
        ),
    )
}

# What is wanted of films.
_WANTED = {
    "movie": (
        "what are the {f}",
        "which are {f}",
        "what {f}",
        "which {f}",
        "what are some {f}",
        "name {f}",
        "name a {f}",
        "list the {f}",
        "what is the name of {f}",
        "can you name {f}",
        "{f} are which",
    ),
    "director": (
        "who directed {f}",
        "who is the director of {f}",
        "who are the directors of {f}",
        "who was the director of {f}",
        "which person directed {f}",
        "which director made {f}",
        "{f} was directed by who",
        "{f} were directed by whom",
        "who is listed as director of {f}",
        "the director of {f} is who",
    ),
    "actor": (
        "who acted in {f}",
        "who starred in {f}",
        "who stars in {f}",
        "who appears in {f}",
        "who are the actors in {f}",
        "who is an actor of {f}",
        "which actors play in {f}",
        "which person acted in {f}",
        "who is in the cast of {f}",
        "{f} starred who",
        "{f} were acted by whom",
    ),
    "writer": (
        "who wrote {f}",
        "who is the writer of {f}",
        "who are the writers of {f}",
        "which person wrote {f}",
        "who wrote the script of {f}",
        "who wrote the screenplay for {f}",
        "who is the screenwriter of {f}",
        "who is listed as screenwriter of {f}",
        "who is the scriptwriter of {f}",
        "who is the author of {f}",
        "{f} was written by who",
        "{f} were written by whom",
    ),
    "genre": (
        "what genre is {f}",
        "what is the genre of {f}",
        "what are the genres of {f}",
        "which genres are {f}",
        "which genre does {f} fall under",
        "what kind of film is {f}",
        "what kinds of movie are {f}",
        "what type of movie is {f}",
        "what types are {f}",
        "what sort of film are {f}",
        "{f} were in which genres",
    ),
    "year": (
        "when was {f} released",
        "when were {f} released",
        "when did {f} come out",
        "when did {f} release",
        "what year was {f} released",
        "what years were {f} released in",
        "in which year did {f} come out",
        "what is the release year of {f}",
        "what is the release date of {f}",
        "what were the release dates of {f}",
        "{f} was released in which year",
        "{f} were released when",
    ),
    "language": (
        "what language is {f} in",
        "what languages are {f} in",
        "which language is spoken in {f}",
        "what are the languages spoken in {f}",
        "what is the language of {f}",
        "what is the primary language in {f}",
        "what are the primary languages of {f}",
        "{f} is in which language",
        "{f} were in which languages",
    ),
    "tags": (
        "what is {f} about",
        "what are {f} about",
        "which words describe {f}",
        "what describes {f}",
        "how would one describe {f}",
        "what terms apply to {f}",
        "what are the topics of {f}",
        "what tags does {f} have",
    ),
    "imdbrating": (
        "how good is {f}",
        "what is the rating of {f}",
        "what do people think of {f}",
        "how is {f} rated",
        "what is the imdb rating of {f}",
    ),
    "imdbvotes": (
        "how popular is {f}",
        "how famous is {f}",
        "how many people voted for {f}",
        "how many votes does {f} have",
        "how many imdb votes did {f} get",
    ),
}

# The films of a person or a topic, asked for at once.
_FILMS = {
    "actor": (
        "what does {x} act in",
        "what does {x} star in",
        "what does {x} appear in",
        "{x} appears in which {films}",
        "{x} acted in what {films}",
        "{x} starred in which {films}",
        "what {films} did {x} act in",
        "which {films} did {x} star in",
        "what {films} does {x} appear in",
    ),
    "director": (
        "what does {x} direct",
        "what did {x} direct",
        "{x} directed which {films}",
        "{x} is the director of what",
        "what {films} did {x} direct",
        "which {films} has {x} directed",
        "what is directed by {x}",
    ),
    "writer": (
        "what does {x} write",
        "what did {x} write",
        "{x} wrote which {films}",
        "{x} is the writer of what",
        "what {films} did {x} write",
        "which {films} did {x} write the screenplay for",
        "what was written by {x}",
    ),
    "tag": (
        "what {films} are about {x}",
        "which {films} can be described by {x}",
        "what {films} does {x} describe",
        "{x} describes which {films}",
        "which {films} have the tag {x}",
        "what is about {x}",
    ),
}

# Who did the same in the same films.
_TOGETHER = {
    role: (
        f"who are the co-{role}s of {{x}}",
        f"who is a co-{role} of {{x}}",
        f"who is listed as co-{role} of {{x}}",
        f"{{x}} is a co-{role} of who",
        f"who {did} {{films}} together with {{x}}",
        f"who {did} the same {{films}} as {{x}}",
        f"who {did} {{films}} with {{x}}",
        f"{{x}} {did} {{films}} together with who",
        f"which person {did} {{films}} with {{x}}",
        f"which {role}s worked with {{x}}",
        f"who {co} with {{x}}",
        f"which {role}s {co} {{films}} with {{x}}",
        *more,
    )
    for role, did, co, more in (
        (
            "actor",
            "acted in",
            "co-starred",
            ("who are co-stars of {x}", "{x} is a co-star of who"),
        ),
        ("director", "directed", "co-directed", ()),
        ("writer", "wrote", "co-wrote", ()),
    )
}


def write(path, random):
    """A wording of a question, `{x}` for its entity.

    Args:
        path: types of entities from that of the question to that of the
            answer, 2 to 4, such as `("actor", "movie", "year")`.
        random: a `random.Random`.

    Example:

    >>> import random
    >>> write(("movie", "year"), random.Random(0))
    'in which year did the movie {x} come out'
    """
    first, *_, last = path
    if len(path) == 2 and first != "movie" and random.random() < 0.5:
        wording = random.choice(_FILMS[first])
    elif first == last and first != "movie" and random.random() < 0.4:
        wording = random.choice(_TOGETHER[first])
    else:
        films = _films(path, random)
        wording = random.choice(_WANTED[last]).replace("{f}", films)
    return wording.replace("{films}", random.choice(_NOUNS))


def _films(path, random):
    """The films of which something is wanted."""
    if path[0] != "movie":
        films = random.choice(_FILMS_OF[path[0]])
    else:
        films = random.choice(("{x}", "{x}", "the film {x}", "the movie {x}"))
        if len(path) == 2:
            return films
        films = random.choice(_FILMS_LIKE[path[1]]).replace("{x}", films)
    the = "the " if path[-1] != "movie" and random.random() < 0.5 else ""
    return the + films
