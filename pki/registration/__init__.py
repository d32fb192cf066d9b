"""Registration: who asks for a certificate, who approved it, and what came of it."""
