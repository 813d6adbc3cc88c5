package io.github.swscan.text.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;

/**
 * SentencePiece's table of characters that stand for others: the size of a trie, the trie (a double array of darts-clone),
 * and the texts that characters become, each ended by a zero byte. The native library follows it without a look at its
 * bounds.
 */
final class CharacterMap {

    /** The largest that SentencePiece comes with takes 0.3 MB. */
    private static final int MAX_BYTES = 4_000_000;

    private static final int LABELS = 256;

    private final IntBuffer trie;
    private final byte[] texts;

    private CharacterMap(IntBuffer trie, byte[] texts) {
        this.trie = trie;
        this.texts = texts;
    }

    /** Whether whatever text is looked up in it, nothing outside of it is asked for. */
    static boolean isSound(byte[] bytes) {
        ByteBuffer map = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long size = map.remaining() < Integer.BYTES ? -1 : Integer.toUnsignedLong(map.getInt());
        if (bytes.length > MAX_BYTES || size < Integer.BYTES || size > map.remaining() || size % Integer.BYTES != 0) {
            return false;
        }
        IntBuffer trie = map.asIntBuffer().limit((int) size / Integer.BYTES);
        byte[] texts = Arrays.copyOfRange(bytes, Integer.BYTES + (int) size, bytes.length);
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
        } catch (CharacterCodingException e) {
            return false;
        }
        return new CharacterMap(trie, texts).isSound();
    }

    /** Goes wherever a text can lead. */
    private boolean isSound() {
        BitSet seen = new BitSet();
        Deque<Integer> open = new ArrayDeque<>();
        int root = offset(trie.get(0));
        open.push(root);
        seen.set(root);
        while (!open.isEmpty()) {
            int node = open.pop();
            // All children lie in one block.
            if ((node | (LABELS - 1)) >= trie.limit()) {
                return false;
            }
            for (int label = 1; label < LABELS; label++) {
                int unit = trie.get(node ^ label);
                if (label(unit) != label) {
                    continue;
                }
                int child = node ^ label ^ offset(unit);
                if (hasText(unit) && (child >= trie.limit() || !isTextAt(trie.get(child) & Integer.MAX_VALUE))) {
                    return false;
                }
                if (!seen.get(child)) {
                    seen.set(child);
                    open.push(child);
                }
            }
        }
        return true;
    }

    /** Within the texts, or at their end, and at the start of a character. */
    private boolean isTextAt(int start) {
        return start <= texts.length && (start == texts.length || (texts[start] & 0xC0) != 0x80);
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
    }

    /** That of a unit which is no letter is larger than any. */
    private static long label(int unit) {
        return Integer.toUnsignedLong(unit & ((1 << 31) | 0xFF));
    }

    private static boolean hasText(int unit) {
        return ((unit >>> 8) & 1) == 1;
    }
}
