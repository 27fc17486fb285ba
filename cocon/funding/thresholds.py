"""What the law says of a plan, as dated parameters: each is a warning, never a refusal.

Named outside the seven usual files: rules that change with time, beside the plans that they are read against. Which
one applies is that of the 1 January of a year: the first in which the grant is planned, or the one spoken of.

- ``public_aid``: a State grant for an investment may not bring direct public aid above this percentage of the eligible
  cost (décret 99-1060 of 16 December 1999, article 10; then décret 2018-514 of 25 June 2018, from 1 October 2018).
- ``owner_share``: the least percentage, of what public persons bring to an investment, that the local authority which
  carries it brings itself (CGCT, article L1111-10, III, since 1 January 2012). Syndicats mixtes are not judged.
- ``convention``: the annual amount above which an authority grants to a private body by a convention only (loi 2000-321
  of 12 April 2000, article 10; décret 2001-495 of 6 June 2001, whose day is kept here).
- ``de_minimis``: the most that one undertaking receives of such aid over three fiscal years (règlement (UE) 1407/2013,
  article 3, then 2023/2831).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, literal, null

from cocon.funding.balance import Amounts
from cocon.funding.budget import Budget, Flow, by_year
from cocon.funding.products import OF_PARTNERS, PUBLIC
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents, euros
from cocon.web.filters import percent

#: Over how many fiscal years de minimis aid is added up.
SPAN = 3
#: The authorities whose share is judged: those whose money is local taxes.
AUTHORITIES = frozenset(
    {
        *("region", "departement", "metropole", "communaute_urbaine", "communaute_d_agglomeration"),
        *("communaute_de_communes", "commune"),
    }
)
#: Bodies that are no authority of the law of 12 April 2000.
NO_AUTHORITY = frozenset({"europe"})
#: The kinds of partners that are private bodies.
PRIVATE = frozenset({"association"})
#: The kinds of partners that grant to such a body by a convention above an amount.
GRANTING = frozenset(kind for kind, body in OF_PARTNERS.items() if body in PUBLIC - NO_AUTHORITY)


@dataclass(frozen=True)
class Parameter:
    """A figure of the law: a percentage, or cents; the days between which it is in force, both included."""

    code: str
    value: int
    since: date
    until: date | None
    source: LazyString


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "public_aid",
        80,
        date(1999, 12, 16),
        date(2018, 9, 30),
        _("décret n°\u00a099-1060 du 16 décembre 1999, article 10"),
    ),
    Parameter("public_aid", 100, date(2018, 10, 1), None, _("décret n°\u00a02018-514 du 25 juin 2018")),
    Parameter(
        "owner_share",
        20,
        date(2012, 1, 1),
        None,
        _("code général des collectivités territoriales, article L1111-10"),
    ),
    Parameter(
        "convention",
        23_000_00,
        date(2001, 6, 6),
        None,
        _("loi n°\u00a02000-321 du 12 avril 2000, article 10, et décret n°\u00a02001-495 du 6 juin 2001"),
    ),
    Parameter(
        "de_minimis",
        200_000_00,
        date(2014, 1, 1),
        date(2023, 12, 31),
        _("règlement (UE) n°\u00a01407/2013, article 3"),
    ),
    Parameter("de_minimis", 300_000_00, date(2024, 1, 1), None, _("règlement (UE) 2023/2831, article 3")),
)


def in_force(code: str, day: date) -> Parameter | None:
    """What the law says that day."""
    return next(
        (
            one
            for one in PARAMETERS
            if one.code == code and one.since <= day and (one.until is None or day <= one.until)
        ),
        None,
    )


def of_year(code: str, year: int) -> Parameter | None:
    """What the law says on the 1 January of a year."""
    return in_force(code, date(year, 1, 1))


def limit(code: str, year: Any) -> ColumnElement[int]:
    """The same in a statement: the value in force on the 1 January of the year, null where there is none."""
    rules = [one for one in PARAMETERS if one.code == code]
    return case(*((_covers(one, year), literal(one.value, BigInteger)) for one in rules), else_=null())


def _covers(rule: Parameter, year: Any) -> ColumnElement[bool]:
    first = rule.since.year if rule.since == date(rule.since.year, 1, 1) else rule.since.year + 1
    begun: ColumnElement[bool] = year >= first
    return begun if rule.until is None else and_(begun, year <= rule.until.year)


def warnings(plan: Budget) -> list[LazyString]:
    """What the reader of a plan should look at again."""
    return [*_public_aid(plan), *_owner_share(plan), *_conventions(plan), *_de_minimis(plan)]


def _public_aid(plan: Budget) -> Iterator[LazyString]:
    granted = [flow.year for flow in plan.money if flow.body == "state" and _invests(flow) and not flow.own]
    rule = of_year("public_aid", min(granted)) if granted else None
    aids = plan.in_rated(flow for flow in plan.money if flow.public_aid)
    if rule and plan.borne and aids * 100 > plan.borne * rule.value:
        yield _(
            "Les aides publiques font %(rate)s de la dépense subventionnable, %(aids)s sur %(cost)s\u00a0: plus que "
            "les %(cap)s\u00a0%% jusqu’où une subvention d’investissement de l’État peut les porter (%(source)s, en "
            "vigueur au 1er janvier %(year)s).",
            rate=percent(aids / plan.borne),
            aids=euros(aids),
            cost=euros(plan.borne),
            cap=rule.value,
            source=rule.source,
            year=min(granted),
        )


def _owner_share(plan: Budget) -> Iterator[LazyString]:
    if plan.owner is None or plan.owner.kind not in AUTHORITIES:
        return
    public = [flow for flow in plan.money if _invests(flow) and (flow.own or flow.public_aid)]
    brought, whole = sum(flow.cents for flow in public if flow.own), sum(flow.cents for flow in public)
    rule = of_year("owner_share", min(flow.year for flow in public)) if public else None
    if rule and brought * 100 < whole * rule.value:
        yield _(
            "Le porteur apporte %(own)s, soit %(rate)s des %(whole)s que des personnes publiques apportent à "
            "l’investissement\u00a0: une collectivité maître d’ouvrage en apporte au moins %(least)s\u00a0%% "
            "(%(source)s, en vigueur au 1er janvier %(year)s).",
            own=euros(brought),
            rate=percent(brought / whole),
            whole=euros(whole),
            least=rule.value,
            source=rule.source,
            year=min(flow.year for flow in public),
        )


def _conventions(plan: Budget) -> Iterator[LazyString]:
    """Of each authority and year; the tasks of the workspace say the same (``awaiting``)."""
    if not plan.owner_name or (plan.owner is not None and plan.owner.kind not in PRIVATE):
        return
    given = [flow for flow in plan.money if flow.public_aid and flow.body not in NO_AUTHORITY]
    for name, year in dict.fromkeys((flow.name, flow.year) for flow in given):
        grants = [flow for flow in given if (flow.name, flow.year) == (name, year)]
        cents, rule = sum(flow.cents for flow in grants), of_year("convention", year)
        if rule and cents > rule.value and not all(flow.contracted for flow in grants):
            yield _(
                "%(name)s, %(year)s\u00a0: %(cents)s dépassent %(limit)s par an, au-delà desquels une subvention à un "
                "organisme de droit privé demande une convention (%(source)s, en vigueur au 1er janvier %(year)s).",
                name=name,
                year=year,
                cents=euros(cents),
                limit=euros(rule.value),
                source=rule.source,
            )


def _de_minimis(plan: Budget) -> Iterator[LazyString]:
    if plan.state_aid != "de_minimis":
        return
    aids = by_year(flow for flow in plan.money if flow.public_aid)
    told = [found for last in plan.years if (found := _span(last, aids))]
    worst = max(told, key=lambda one: (one[0] - one[1].value, -one[2]), default=None)
    if worst is None:
        return
    cents, rule, last = worst
    said = {
        "cents": euros(cents),
        "first": max(last - SPAN + 1, plan.years[0]),
        "last": last,
        "limit": euros(rule.value),
        "source": rule.source,
    }
    if cents > rule.value:
        yield _(
            "La fiche dit que son aide est de minimis\u00a0: %(cents)s d’aides publiques de %(first)s à %(last)s "
            "dépassent le plafond de %(limit)s par entreprise sur trois exercices (%(source)s, en vigueur au "
            "1er janvier %(last)s).",
            **said,
        )
    else:
        yield _(
            "La fiche dit que son aide est de minimis\u00a0: %(cents)s d’aides publiques de %(first)s à %(last)s, à "
            "ajouter à celles que le bénéficiaire reçoit ailleurs, pour un plafond de %(limit)s par entreprise sur "
            "trois exercices (%(source)s, en vigueur au 1er janvier %(last)s).",
            **said,
        )


def _span(last: int, aids: Amounts) -> tuple[Cents, Parameter, int] | None:
    """What three fiscal years receive, and the rule of the last one."""
    rule = of_year("de_minimis", last)
    return (sum(aids.get(year, 0) for year in range(last - SPAN + 1, last + 1)), rule, last) if rule else None


def _invests(flow: Flow) -> bool:
    return flow.nature == "investment"
