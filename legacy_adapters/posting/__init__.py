"""The one place where the portal writes into billing: a staging table for payments."""
