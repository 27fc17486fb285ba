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
        "version_milestone.title",
        "version_indicator.code",
        "version_indicator.label",
        "version_indicator.unit",
        "version_indicator.source",
        "comment.text",
        "comment_act.reason",
        "comment_act.text",
        "mention.person_id",
        "thread.section",
        "position.reason",
        "consultation.question",
        "consultation.outcome_reason",
        "consultation.outcome_text",
        "suggestion.proposed",
        "suggestion.reason",
        "suggestion.edited",
        "suggestion.edited_base",
        "suggestion.answer",
    }
)
