"""Cocon: public partners build the action plan of a multi-year contract together.

Glossary, French term ↔ name in the code (the only place where it is kept):

============================================  =====================================
contrat économique sectoriel                  ``Contract``
axe, objectif                                 ``Axis``, ``Objective``
période (pour proposer, discuter, décider)    ``Window``
enveloppe (partenaire × exercice, × axe)      ``Envelope``; what it became each time is an ``EnvelopeVersion``
simulation (montants essayés, privés)         ``Simulation``
partenaire signataire                         ``Partner``
mandat (personne × partenaire × rôle)         ``Mandate``; the snapshot that acts is an ``Actor``
représentant titulaire, suppléant             roles ``representative``, ``deputy``
contributeur, lecteur                         roles ``contributor``, ``reader``
secrétariat, animation                        roles ``secretariat``, ``facilitator``
auditeur, administration                      roles ``auditor``, ``admin``
fiche-action, version, brouillon              ``Action``, ``ActionVersion``, ``Draft``
porteur (maître d'ouvrage)                    ``project_owner``
coût prévisionnel, dépense subventionnable    ``VersionCost``, its ``eligible`` part
coût par nature (60 à 68, 86)                 ``VersionCharge``
jalon, indicateur prévu                       ``VersionMilestone``, ``VersionIndicator``
nouvelle version en préparation               a *fork*: a ``Draft`` tied to an ``Action``
échange, commentaire, message                 ``Comment``; what its author does to it is a ``CommentAct``
fil (ancré à une rubrique, résolu)            thread; its section and its end are a ``Topic``
appel (@), vu                                 ``Mention``, ``MentionSeen``
réponse à une suggestion, vue                 ``SuggestionSeen``
contribution d'un partenaire à une action     ``Contribution``; its yearly amounts are ``Tranche``
ressource hors signataires (comptes 70 à 87)   ``Resource``
compte rendu financier, reçu ou dispensé      ``FinancialReport``
autorisation (AE, AP), crédits de paiement    ``Authorisation``, ``YearCredit``
condition suspensive, réserve                 ``Condition``
validation interne d'un partenaire            ``InternalChain``; ``Actor.supervised``
consultation, tour de table figé              ``Consultation``, ``Seat``
avis, réserve                                 ``Position``
décision prononcée                            the outcome of a ``Consultation``
historique, preuve, empreinte                 log, proof, leaf hash
point de contrôle signé, reçu                 ``Checkpoint``, receipt
mon espace                                    workspace (package ``dossier``)
============================================  =====================================
"""
