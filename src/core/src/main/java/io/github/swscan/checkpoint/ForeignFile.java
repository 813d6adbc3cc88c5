package io.github.swscan.checkpoint;

import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/** Files that people name as models, or find under a model's name, and that hold none: what each is, and what to do. */
final class ForeignFile {

    private static final String DOWNLOAD = "download the file again, with 'hf download ORGANIZATION/NAME' for one";
    private static final String UNPACK = "unpack it, and name the folder of the model that was in it";
    private static final String EXPORTED = "scan the model that it was made from";

    /**
     * A kind of file.
     *
     * @param start whether a file's first bytes are of this kind
     */
    private record Kind(Predicate<byte[]> start, String what, String remedy) {}

    private static final List<Kind> KINDS = List.of(
            new Kind(bytes -> bytes.length == 0, "is empty", "download the file again"),
            new Kind(
                    bytes -> text(bytes).startsWith("<!doctype html")
                            || text(bytes).startsWith("<html"),
                    "is a web page, such as a server answers with, not the file itself",
                    DOWNLOAD),
            new Kind(bytes -> text(bytes).startsWith("<?xml"), "is XML, such as a server answers with", DOWNLOAD),
            new Kind(
                    bytes -> text(bytes)
                            .matches(
                                    "(?s)\\{\\s*\"schemaversion\"\\s*:.*\"tool\"\\s*:\\s*\\{\\s*\"name\"\\s*:\\s*\"swscan\".*"),
                    "is a report of swscan, not a model",
                    "'swscan report' with this file shows it; to scan or ablate, name the model that it is about"),
            new Kind(
                    bytes -> text(bytes).matches("(?s)\\{\\s*(\"|\\}).*"),
                    "is JSON text, such as a server answers with or a model is described by, and holds no weights",
                    "name the folder of the model, or download the file again"),
            archive("gzip", 0, 0x1f, 0x8b),
            archive("bzip2", 0, 'B', 'Z', 'h'),
            archive("xz", 0, 0xfd, '7', 'z', 'X', 'Z', 0),
            archive("zstd", 0, 0x28, 0xb5, 0x2f, 0xfd),
            archive("7z", 0, '7', 'z', 0xbc, 0xaf, 0x27, 0x1c),
            archive("rar", 0, 'R', 'a', 'r', '!', 0x1a, 0x07),
            archive("tar", 257, 'u', 's', 't', 'a', 'r'),
            ggml("lmgg"),
            ggml("fmgg"),
            ggml("tjgg"),
            new Kind(
                    startsWith(0, 'a', 'l', 'g', 'g'),
                    "is a LoRA adapter of llama.cpp's old kind (GGLA), not a model",
                    "scan the model that it is for"),
            new Kind(
                    startsWith(0, 0x89, 'H', 'D', 'F', '\r', '\n'),
                    "is an HDF5 file of TensorFlow or Keras, which are not supported",
                    "convert the model to safetensors"),
            importanceMatrix("blk."),
            importanceMatrix("output"),
            new Kind(
                    startsWith(4, 'T', 'F', 'L', '3'),
                    "is a model of TensorFlow Lite, which is not supported",
                    EXPORTED),
            new Kind(
                    startsWith(0, 0x93, 'N', 'U', 'M', 'P', 'Y'),
                    "is an array of NumPy, not a model",
                    "name the folder of the model"),
            image("PNG", 0x89, 'P', 'N', 'G'),
            image("JPEG", 0xff, 0xd8, 0xff),
            image("GIF", 'G', 'I', 'F', '8'),
            new Kind(
                    startsWith(0, '%', 'P', 'D', 'F'),
                    "is a PDF document, not a model",
                    "name the folder of the model"));

    /** How many bytes tell, at most. */
    static final int TELLING = 264;

    private ForeignFile() {}

    /**
     * What a file is, if it is of one of these kinds.
     *
     * @param start its first {@link #TELLING} bytes, or all of it
     */
    static Optional<InputException> of(ByteSource file, byte[] start) {
        return KINDS.stream()
                .filter(kind -> kind.start().test(start))
                .findFirst()
                .map(kind -> new UnsupportedInputException(file.name(), "", kind.what(), kind.remedy()));
    }

    private static Kind archive(String format, int offset, int... magic) {
        return new Kind(startsWith(offset, magic), "is an archive (" + format + "), not a model's file", UNPACK);
    }

    private static Kind image(String format, int... magic) {
        return new Kind(
                startsWith(0, magic), "is an image (" + format + "), not a model", "name the folder of the model");
    }

    /** The formats of llama.cpp before GGUF, which say nothing of the model's names. */
    private static Kind ggml(String magic) {
        return new Kind(
                startsWith(0, magic.chars().toArray()),
                "is a GGML file, of the kind that came before GGUF, which is not supported",
                "download the model as GGUF, or scan the checkpoint that the file was made from");
    }

    /** llama.cpp's, before it wrote them as GGUF: a number of entries, the length of the first one's name, the name. */
    private static Kind importanceMatrix(String name) {
        return new Kind(
                startsWith(8, name.chars().toArray()),
                "is an importance matrix of llama.cpp, not a model",
                "name the file of the model");
    }

    private static Predicate<byte[]> startsWith(int offset, int... magic) {
        byte[] bytes = new byte[magic.length];
        for (int i = 0; i < magic.length; i++) {
            bytes[i] = (byte) magic[i];
        }
        return start -> start.length >= offset + bytes.length
                && Arrays.equals(bytes, 0, bytes.length, start, offset, offset + bytes.length);
    }

    /** In small letters, without blanks and a byte order mark before it. */
    private static String text(byte[] start) {
        String text = new String(start, StandardCharsets.UTF_8);
        return (text.startsWith("\ufeff") ? text.substring(1) : text)
                .stripLeading()
                .toLowerCase(Locale.ROOT);
    }
}
