"""Where an article stands and what its honest guid is."""

from newsroom.model import Publisher, Version


def slug(headline: str) -> str:
    """Return the headline as it stands in a URL: ASCII words joined by hyphens."""
    letters = "".join(c.lower() if c.isascii() and c.isalnum() else " " for c in headline.replace("'", ""))
    return "-".join(letters.split()[:9]) or "story"


def address(publisher: Publisher, version: Version, number: int) -> tuple[str, str]:
    """Return path (with query) and guid of an article in its publisher's style.

    Args:
        publisher: Whose style it is.
        version: The first version.
        number: Unique within the plan.
    """
    name, day = slug(version.headline), version.at
    match publisher.url_style:
        case 0:
            return f"/{day:%Y/%m/%d}/{name}-{number}", f"tag:{publisher.id},{day:%Y-%m-%d}:{number}"
        case 1:
            return f"/news/{number}/{name}.html", f"{publisher.id}-{number}"
        case 2:
            return f"/article?id={number}", f"https://{publisher.id}/?p={number}"
        case _:
            return f"/world/{name}-{number}/", f"urn:newsroom:{publisher.id}:{number:08x}"
