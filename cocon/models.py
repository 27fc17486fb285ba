"""All models, imported together so that the metadata is whole."""

from cocon.actions import models as actions
from cocon.audit import models as audit
from cocon.contracts import models as contracts
from cocon.decisions import models as decisions
from cocon.discussion import models as discussion
from cocon.funding import models as funding
from cocon.imports import models as imports
from cocon.kernel import once
from cocon.partners import models as partners
from cocon.signin import models as signin
from cocon.structure import models as structure

__all__ = [
    "actions",
    "audit",
    "contracts",
    "decisions",
    "discussion",
    "funding",
    "imports",
    "once",
    "partners",
    "signin",
    "structure",
]
