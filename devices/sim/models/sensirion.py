"""Words as Sensirion's chips send them: two bytes and a check byte, found here by long division of polynomials."""


def check_byte(pair: bytes) -> int:
    """The remainder of the pair, its first byte inverted for a start of 0xFF, by x^8 + x^5 + x^4 + 1."""
    rest = (pair[0] ^ 0xFF) << 16 | pair[1] << 8
    for bit in range(23, 7, -1):
        if rest >> bit & 1:
            rest ^= 0x131 << bit - 8
    return rest


def said(words, spoilt: bool = False) -> bytes:
    """Words with their check bytes; the last one wrong where the line spoils it."""
    sent = b""
    for word in words:
        pair = bytes((word >> 8, word & 255))
        sent += pair + bytes((check_byte(pair),))
    return sent[:-1] + bytes((sent[-1] ^ 1,)) if spoilt else sent


def heard(content: bytes):
    """A command and its words, or None where a check byte is wrong."""
    words = []
    for at in range(2, len(content), 3):
        pair = content[at : at + 2]
        if len(content) < at + 3 or check_byte(pair) != content[at + 2]:
            return None
        words.append(pair[0] << 8 | pair[1])
    return content[0] << 8 | content[1], words


def raw_of(value: float, low: float, span: float) -> int:
    """The word that stands for a value, of 65535 over a span."""
    return min(max(int((value - low) * 65535 / span + 0.5), 0), 65535)
