"""Every message that docs/troubleshooting.md quotes is one that the program prints, every option one that it takes."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ["HPCTRAIN_SOURCE"])
PAGE = (SOURCE / "docs/troubleshooting.md").read_text()


class TroubleshootingTest(unittest.TestCase):
    def test_quoted_messages_are_printed_somewhere(self):
        sources = "\n".join(path.read_text() for path in (SOURCE / "src").rglob("*.cpp"))
        # Literals that stand beside each other are one.
        literals = re.sub(r'"\s*\n\s*"', "", sources)
        quotes = re.findall(r"» `([^`]+)`", PAGE)
        self.assertGreater(len(quotes), 20)
        for quote in quotes:
            pieces = [re.escape(piece.strip()) for piece in quote.split("…") if piece.strip()]
            # Names and numbers lie between the pieces, within one message.
            self.assertRegex(literals, '[^"]{0,120}?'.join(pieces), quote)

    def test_options_exist(self):
        options = set(re.findall(r"`--([a-z]+\.[a-z0-9-]+)`", (SOURCE / "docs/options.md").read_text()))
        named = set(re.findall(r"(?<![\w/.-])(?:--)?((?:data|cache|train|optim|eval|checkpoint|comm|monitor)\.[a-z-]+)", PAGE))
        self.assertGreater(len(named), 15)
        self.assertEqual(named - options, set())


if __name__ == "__main__":
    unittest.main()
