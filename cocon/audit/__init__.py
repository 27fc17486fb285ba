"""The log: the one way to change state, the Merkle tree over it, proofs, verification, the auditor's pages."""
