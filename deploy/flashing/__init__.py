"""Boards on this computer's USB: found, written, compared, listened to, saved, and what it says when one of these fails."""
