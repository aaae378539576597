"""Campaigns: suggest recipes, record what the laboratory found, and suggest better ones."""

from __future__ import annotations

from electrolyte_ml.campaign.campaign import Campaign
from electrolyte_ml.campaign.events import (
    CampaignLogError,
    CampaignState,
    Result,
    Status,
    Suggestion,
    Suggestions,
)

__all__ = [
    "Campaign",
    "CampaignLogError",
    "CampaignState",
    "Result",
    "Status",
    "Suggestion",
    "Suggestions",
]
