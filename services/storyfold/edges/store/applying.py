"""Commits into tables: what several of them say of each table, written in one go."""

from collections.abc import Sequence

from sqlalchemy import Connection

from storyfold.edges.store import articles, changes, curations, entries, feeds, outbox, rereads, sharing
from storyfold.model.commit import Commit


def apply_all(connection: Connection, commits: Sequence[Commit], slot: int) -> None:
    """Apply commits in one transaction, each table in one go; the outcome is that of one after the other.

    Args:
        connection: in a transaction that writes.
        commits: in order.
        slot: which rows of the tallies are this writer's.

    Raises:
        ShardTaken: one is of a shard's former owner.
        StoreConflict: one of a shard rests on what is no longer so.
    """
    for commit in commits:
        if commit.shard is not None:
            sharing.step(connection, commit.shard)
    feeds.save_polls(connection, (polled for commit in commits for polled in commit.polled))
    page = entries.open_page(connection, commits)
    known = frozenset(page.rows)
    for commit in commits:
        if commit.shard is not None:
            page.refuse_ended(commit)
        page.enter(commit)
    entries.save_page(connection, page, known)
    entries.add_tallies(connection, slot, page.tallies)
    articles.refuse_other_versions(connection, commits)
    articles.save_articles(connection, (folded for commit in commits for folded in commit.articles))
    rereads.save_plans(connection, (plan for commit in commits for plan in commit.rereads))
    articles.save_events(connection, (event for commit in commits for event in commit.events))
    changes.save_changes(connection, (change for commit in commits for change in commit.changes))
    curations.save_curations(connection, (curation for commit in commits for curation in commit.curated))
    outbox.append(connection, (record for commit in commits for record in commit.outbox))
