"""The CA at work: its thread, the keeper of its lists, warnings, enrolment."""
