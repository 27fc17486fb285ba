"""What leaves the product as files: the contract's money in spreadsheets and on paper, open data. It only reads."""
