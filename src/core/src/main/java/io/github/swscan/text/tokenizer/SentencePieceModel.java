package io.github.swscan.text.tokenizer;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A model of SentencePiece, as its {@code sentencepiece_model.proto} describes it. Only what changes tokens is kept; fields
 * that a file leaves out have the values that the description gives them.
 *
 * @param pieces the id of each is its place
 * @param kind how pieces are chosen
 * @param spaceBehind whether the sign for a space ends a word, in place of beginning it
 * @param charsmap SentencePiece's table of characters that stand for others, in base64; empty if there is none
 */
record SentencePieceModel(
        List<Piece> pieces, Kind kind, Trainer trainer, String charsmap, Spaces spaces, boolean spaceBehind) {

    /** The kinds of models; only the first two are in use. */
    enum Kind {
        UNIGRAM,
        BPE,
        WORD,
        CHAR
    }

    /** What a piece is for. */
    enum PieceType {
        NORMAL,
        UNKNOWN,
        CONTROL,
        USER_DEFINED,
        UNUSED,
        BYTE;

        boolean isForText() {
            return this == NORMAL || this == USER_DEFINED || this == UNUSED;
        }
    }

    record Piece(String text, float score, PieceType type) {}

    /** The tokens with a meaning of their own. An id is -1 where there is none. */
    record Trainer(boolean byteFallback, int unknownId, int bosId, int eosId, String unknown, String bos, String eos) {}

    record Spaces(boolean dummyPrefix, boolean removeExtra, boolean escape) {}

    /**
     * Reads a model. Memory grows with the file.
     *
     * @throws MalformedInputException if it is no such model
     */
    static SentencePieceModel read(Path file, byte[] content) {
        return new Reader(file).read(content);
    }

    private static final class Reader {

        /** The number of each is one more than its place. */
        private static final List<Kind> KINDS = List.of(Kind.UNIGRAM, Kind.BPE, Kind.WORD, Kind.CHAR);

        /** The number of each is one more than its place. */
        private static final List<PieceType> TYPES = List.of(
                PieceType.NORMAL,
                PieceType.UNKNOWN,
                PieceType.CONTROL,
                PieceType.USER_DEFINED,
                PieceType.UNUSED,
                PieceType.BYTE);

        private static final int PIECES = 1;
        private static final int TRAINER = 2;
        private static final int NORMALIZER = 3;

        private final Path file;
        private final List<Piece> pieces = new ArrayList<>();
        private final Map<String, Integer> ofText = new HashMap<>();
        private final Map<String, Integer> ofMeaning = new HashMap<>();
        private int kind = 1;
        private boolean byteFallback;
        private boolean spaceBehind;
        private int unknownId;
        private int bosId = 1;
        private int eosId = 2;
        private String unknown = "<unk>";
        private String bos = "<s>";
        private String eos = "</s>";
        private String charsmap = "";
        private boolean dummyPrefix = true;
        private boolean removeExtra = true;
        private boolean escape = true;

        private Reader(Path file) {
            this.file = file;
        }

        private SentencePieceModel read(byte[] content) {
            try {
                message(CodedInputStream.newInstance(content), (field, input) -> {
                    switch (field) {
                        case PIECES -> pieces.add(piece(input));
                        case TRAINER -> message(part(input), this::trainer);
                        case NORMALIZER -> message(part(input), this::normalizer);
                        default -> {
                            return false;
                        }
                    }
                    return true;
                });
            } catch (IOException e) {
                throw malformed("", "is not a SentencePiece model, or is damaged", e);
            }
            if (pieces.isEmpty()) {
                throw malformed("pieces", "is empty", null);
            }
            if (kind < 1 || kind > KINDS.size()) {
                throw malformed("trainer_spec.model_type", "is " + kind + ", which no kind of model has", null);
            }
            return new SentencePieceModel(
                    List.copyOf(pieces),
                    KINDS.get(kind - 1),
                    new Trainer(byteFallback, unknownId, bosId, eosId, unknown, bos, eos),
                    charsmap,
                    new Spaces(dummyPrefix, removeExtra, escape),
                    spaceBehind);
        }

        private Piece piece(CodedInputStream outer) throws IOException {
            String field = "pieces[" + pieces.size() + "]";
            PieceFields fields = new PieceFields();
            message(part(outer), (number, input) -> {
                switch (number) {
                    case 1 -> fields.text = text(field, input);
                    case 2 -> fields.score = input.readFloat();
                    case 3 -> fields.type = input.readEnum();
                    default -> {
                        return false;
                    }
                }
                return true;
            });
            if (fields.text.isEmpty()) {
                throw malformed(field, "has no text", null);
            }
            if (!Float.isFinite(fields.score)) {
                throw malformed(field, "has a score that is no number", null);
            }
            if (fields.type < 1 || fields.type > TYPES.size()) {
                throw malformed(field, "has the type " + fields.type + ", which no piece has", null);
            }
            Piece piece = new Piece(fields.text, fields.score, TYPES.get(fields.type - 1));
            requireOnce(field, piece);
            return piece;
        }

        /** A piece for text may look like one that stands for something else, as it does in SentencePiece's own tables. */
        private void requireOnce(String field, Piece piece) {
            Integer other = (piece.type().isForText() ? ofText : ofMeaning).putIfAbsent(piece.text(), pieces.size());
            if (other != null) {
                throw malformed(
                        field, "has " + PrintableText.quoted(piece.text()) + ", as pieces[" + other + "] has", null);
            }
        }

        private static final class PieceFields {
            private String text = "";
            private float score;
            private int type = 1;
        }

        private boolean trainer(int field, CodedInputStream input) throws IOException {
            switch (field) {
                case 3 -> kind = input.readEnum();
                case 24 -> spaceBehind = input.readBool();
                case 35 -> byteFallback = input.readBool();
                case 40 -> unknownId = input.readInt32();
                case 41 -> bosId = input.readInt32();
                case 42 -> eosId = input.readInt32();
                case 45 -> unknown = text("trainer_spec.unk_piece", input);
                case 46 -> bos = text("trainer_spec.bos_piece", input);
                case 47 -> eos = text("trainer_spec.eos_piece", input);
                default -> {
                    return false;
                }
            }
            return true;
        }

        private boolean normalizer(int field, CodedInputStream input) throws IOException {
            switch (field) {
                case 2 -> charsmap = Base64.getEncoder().encodeToString(input.readByteArray());
                case 3 -> dummyPrefix = input.readBool();
                case 4 -> removeExtra = input.readBool();
                case 5 -> escape = input.readBool();
                default -> {
                    return false;
                }
            }
            return true;
        }

        private interface Fields {
            /** Reads the value of a field, or leaves it and says so. */
            boolean read(int field, CodedInputStream input) throws IOException;
        }

        private static void message(CodedInputStream input, Fields fields) throws IOException {
            for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
                if (!fields.read(WireFormat.getTagFieldNumber(tag), input) && !input.skipField(tag)) {
                    throw new IOException("the end of a group that did not begin");
                }
            }
        }

        private static CodedInputStream part(CodedInputStream input) throws IOException {
            return CodedInputStream.newInstance(input.readByteArray());
        }

        private String text(String field, CodedInputStream input) throws IOException {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(input.readByteArray()))
                        .toString();
            } catch (CharacterCodingException e) {
                throw malformed(field, "is not valid UTF-8", e);
            }
        }

        private MalformedInputException malformed(String field, String problem, Exception cause) {
            return new MalformedInputException(file, field, problem, "download the file again", cause);
        }
    }
}
