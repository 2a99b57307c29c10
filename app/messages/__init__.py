"""Mail and SMS: written down with what they tell of, sent by the job process."""
