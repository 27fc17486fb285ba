"""The published list of erasable columns: personal and free text, written in the log as salted digests only."""

from __future__ import annotations

ERASABLE: frozenset[str] = frozenset(
    {
        "person.name",
        "person.email",
        "mandate.note",
        "contract_window.reason",
        "action.title",
        "action.withdrawal_reason",
        "action_link.title",
        "action_link.reason",
        "action_link.ended_reason",
        "action_lineage.label",
        "action_lineage.former_code",
        "action_lineage.source",
        "action_lineage.reason",
        "action_lineage.ended_reason",
        "action_carry.reason",
        "action_version.title",
        "action_version.summary",
        "action_version.project_owner_name",
        "action_version.territory",
        "action_version.context",
        "action_version.objectives",
        "action_version.content",
        "action_version.audience",
        "action_version.calendar",
        "action_version.results",
        "comment.text",
        "position.reason",
        "consultation.question",
        "consultation.outcome_reason",
        "consultation.outcome_text",
    }
)
