"""All models, imported together so that the metadata is whole."""

from cocon.actions import models as actions
from cocon.audit import models as audit
from cocon.catalogue import models as catalogue
from cocon.contracts import models as contracts
from cocon.decisions import models as decisions
from cocon.discussion import models as discussion
from cocon.files import models as files
from cocon.funding import models as funding
from cocon.imports import models as imports
from cocon.kernel import once
from cocon.partners import models as partners
from cocon.signin import models as signin
from cocon.structure import models as structure
from cocon.suggestions import models as suggestions

__all__ = [
    "actions",
    "audit",
    "catalogue",
    "contracts",
    "decisions",
    "discussion",
    "files",
    "funding",
    "imports",
    "once",
    "partners",
    "signin",
    "structure",
    "suggestions",
]
