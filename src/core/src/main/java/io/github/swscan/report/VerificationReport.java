package io.github.swscan.report;

import java.util.List;
import java.util.Optional;

/**
 * How a model differs from its manifest. docs/verification.schema.json describes its JSON.
 *
 * @param createdAt when it was verified, in UTC
 * @param model its path, as the user gave it
 * @param manifest the path of the manifest
 * @param mode {@code full}, or {@code fast}: headers, sizes and the bytes of super weights only
 * @param signature what became of it
 * @param holds whether nothing differs that should not
 * @param conclusion for people, one sentence
 * @param differences the most telling first; empty if it holds
 * @param comparedWeights how many super weights were looked at one by one
 * @param notes what a reader should know, one sentence each
 */
public record VerificationReport(
        String schemaVersion,
        Tool tool,
        String createdAt,
        String model,
        String manifest,
        String mode,
        Signature signature,
        boolean holds,
        String conclusion,
        List<Difference> differences,
        int comparedWeights,
        List<String> notes)
        implements ReportDocument {

    public static final String SCHEMA_VERSION = "1.0";

    /** What became of the signature of a manifest. */
    public enum Signature {
        VALID("valid"),
        WRONG("wrong"),
        OTHER_KEY("other-key"),
        /** There is one, and no key was named. */
        NOT_CHECKED("not-checked"),
        NONE("none");

        private final String label;

        Signature(String label) {
            this.label = label;
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /** What is another than it was. */
    public enum Kind {
        SIGNATURE("signature"),
        SUPER_WEIGHT_CHANGED("super-weight-changed"),
        TENSORS_SWAPPED("tensors-swapped"),
        TENSOR_CHANGED("tensor-changed"),
        TENSOR_MISSING("tensor-missing"),
        TENSOR_ADDED("tensor-added"),
        TENSOR_RENAMED("tensor-renamed"),
        FILE_UNREADABLE("file-unreadable"),
        FILE_MISSING("file-missing"),
        FILE_ADDED("file-added"),
        FILE_CHANGED("file-changed");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /**
     * Something that is another than it was.
     *
     * @param description for people, without the end of a sentence
     * @param file the file that it is about; null where it is about none
     * @param tensor the tensor; null likewise
     * @param weight the super weight, as in the members of sets; null likewise
     * @param change null unless two checkpoints were compared
     */
    public record Difference(
            Kind kind,
            String description,
            Optional<String> file,
            Optional<String> tensor,
            Optional<String> weight,
            Optional<Change> change) {

        /** About a file. */
        public static Difference ofFile(Kind kind, String file, String description) {
            return new Difference(
                    kind, description, Optional.of(file), Optional.empty(), Optional.empty(), Optional.empty());
        }

        /** About a tensor. */
        public static Difference ofTensor(Kind kind, String tensor, String description) {
            return new Difference(
                    kind, description, Optional.empty(), Optional.of(tensor), Optional.empty(), Optional.empty());
        }

        /** The same with what became of its elements. */
        public Difference with(Change known, String told) {
            return new Difference(kind, told, file, tensor, weight, Optional.of(known));
        }
    }

    /**
     * What became of the elements of a tensor.
     *
     * @param elements how many are another
     * @param of how many there are
     * @param first where the first of them is, in each dimension
     * @param before what stood there; null where elements are no numbers by themselves
     * @param after what stands there now; null likewise
     * @param largest the largest difference; null likewise, and where one is not finite
     */
    public record Change(
            long elements,
            long of,
            List<Long> first,
            Optional<Float> before,
            Optional<Float> after,
            Optional<Double> largest) {}
}
