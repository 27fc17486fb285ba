"""Who signs the contract and who acts for them."""
