package io.github.swscan.text.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.TextFile;
import io.github.swscan.natives.LibrarySet;
import io.github.swscan.natives.NativeFolder;
import io.github.swscan.natives.NativeLibraryException;
import io.github.swscan.natives.Unpacking;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** A checkpoint's tokenizer. Never truncates; adds special tokens as the tokenizer itself does. */
public final class Tokenizer implements AutoCloseable {

    private static final Map<String, String> OPTIONS = Map.of("truncation", "false", "padding", "false");

    private final Path file;
    private final int vocabularySize;
    private final HuggingFaceTokenizer tokenizer;

    private Tokenizer(Path file, int vocabularySize, HuggingFaceTokenizer tokenizer) {
        this.file = file;
        this.vocabularySize = vocabularySize;
        this.tokenizer = tokenizer;
    }

    /**
     * Reads a tokenizer.json.
     *
     * @param vocabularySize the model's; a text that needs a token beyond it is refused
     * @throws InputException if it cannot be read
     * @throws TokenizerFailure if the native library does not load
     */
    public static Tokenizer read(ByteSource source, int vocabularySize) {
        TokenizerJson.check(source);
        return load(source.name(), vocabularySize, () -> TextFile.open(source));
    }

    /**
     * Makes a tokenizer of what is stored otherwise than as a tokenizer.json.
     *
     * @param vocabularySize the model's; a text that needs a token beyond it is refused
     * @throws InputException if it is malformed or not supported
     * @throws TokenizerFailure if the native library does not load
     */
    public static Tokenizer of(ConvertedTokenizer stored, int vocabularySize) {
        byte[] json = stored.json();
        Path file = stored.file();
        try {
            TokenizerJson.check(file, new ByteArrayInputStream(json));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return load(file, vocabularySize, () -> new ByteArrayInputStream(json));
    }

    private interface Source {
        InputStream open() throws IOException;
    }

    private static Tokenizer load(Path file, int vocabularySize, Source json) {
        // Keeps the library from asking the network.
        System.setProperty("ai.djl.offline", "true");
        loadLibrary();
        try (InputStream stream = json.open()) {
            return new Tokenizer(file, vocabularySize, HuggingFaceTokenizer.newInstance(stream, OPTIONS));
        } catch (IOException | RuntimeException e) {
            throw new MalformedInputException(file, "", "is not a tokenizer that can be used: " + firstLine(e), "", e);
        }
    }

    private static void loadLibrary() {
        try {
            NativeFolder.path();
            LibrarySet.tokenizers().ifPresent(Unpacking::ready);
            LibUtils.checkStatus();
        } catch (NativeLibraryException e) {
            throw new TokenizerFailure("the tokenizer library did not load: " + e.getMessage(), e);
        } catch (EngineException | LinkageError e) {
            throw new TokenizerFailure(
                    "the tokenizer library did not load: " + innermostLine(e) + "; it is in " + NativeFolder.path()
                            + "; --native-dir names another folder",
                    e);
        }
    }

    /** Where the tokenizer is from, for messages. */
    public Path file() {
        return file;
    }

    /** The ids of a text with the special tokens that the tokenizer adds to it. */
    public int[] encode(String text) {
        return ids(text, true);
    }

    /** The ids of a text alone. */
    public int[] encodeWithoutSpecialTokens(String text) {
        return ids(text, false);
    }

    /** What tokens stand for, special ones included; parts of a character become the replacement character. */
    public String decode(int... ids) {
        return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), false);
    }

    /** The special tokens that the tokenizer puts before every text, such as a begin-of-sequence token. */
    public int[] leadingSpecialTokens() {
        return Arrays.copyOf(probe(true), probeStart());
    }

    /** The special tokens that the tokenizer puts behind every text, such as a separator. */
    public int[] trailingSpecialTokens() {
        int[] with = probe(true);
        boolean isThere = startsWith(with, probeStart(), probe(false));
        return isThere ? Arrays.copyOfRange(with, probeStart() + probe(false).length, with.length) : new int[0];
    }

    private int[] probe(boolean withSpecialTokens) {
        return ids("a", withSpecialTokens);
    }

    /** Where the text begins among its special tokens; 0 where it is not found there. */
    private int probeStart() {
        int[] with = probe(true);
        int[] without = probe(false);
        return IntStream.range(0, with.length)
                .filter(start -> startsWith(with, start, without))
                .findFirst()
                .orElse(0);
    }

    /** The id of a token that is written out, such as {@code [MASK]}; empty if it is none. */
    public OptionalInt id(String token) {
        return Arrays.stream(encodeWithoutSpecialTokens(token))
                .filter(id -> decode(id).strip().equals(token))
                .findFirst();
    }

    private static boolean startsWith(int[] ids, int from, int[] part) {
        return from + part.length <= ids.length && Arrays.equals(ids, from, from + part.length, part, 0, part.length);
    }

    private int[] ids(String text, boolean withSpecialTokens) {
        long[] encoded = encoded(text, withSpecialTokens);
        int[] ids = new int[encoded.length];
        for (int i = 0; i < ids.length; i++) {
            if (encoded[i] < 0 || encoded[i] >= vocabularySize) {
                throw new MalformedInputException(
                        file,
                        "",
                        "gives token " + encoded[i] + ", but the model's vocabulary has " + vocabularySize + " entries",
                        "is it another model's tokenizer?");
            }
            ids[i] = (int) encoded[i];
        }
        return ids;
    }

    private long[] encoded(String text, boolean withSpecialTokens) {
        try {
            return tokenizer.encode(text, withSpecialTokens, false).getIds();
        } catch (RuntimeException e) {
            throw new MalformedInputException(file, "", "cannot split a text into tokens: " + firstLine(e), "", e);
        }
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    private static String innermostLine(Throwable failure) {
        Throwable innermost = failure;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        return innermost.toString().lines().findFirst().orElse("");
    }

    private static String firstLine(Exception e) {
        return Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName())
                .lines()
                .findFirst()
                .orElse("");
    }
}
