package io.github.swscan.report;

import io.github.swscan.report.DetectionReport.Effect;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a model is, bit for bit, and what in it matters: against it a copy is verified, and what was damaged is restored.
 * docs/manifest.schema.json describes its JSON.
 *
 * @param createdAt when it was made, in UTC
 * @param model its name: that of its folder, or of its file
 * @param symbolicLinks whether some of its files are symbolic links
 * @param ignored what in the folder is no part of the model: paths that begin there
 * @param files all others, sorted by name
 * @param tensors of the weights files, as they are stored, in their order
 * @param findings where the super weights are from; null where nobody looked for any
 * @param superWeights those with a verdict, and the members of sets
 */
public record Manifest(
        String schemaVersion,
        Tool tool,
        String createdAt,
        String model,
        boolean symbolicLinks,
        List<String> ignored,
        List<File> files,
        List<Tensor> tensors,
        Optional<Findings> findings,
        List<Weight> superWeights,
        List<WeightSet> sets)
        implements ReportDocument {

    public static final String SCHEMA_VERSION = "1.0";

    /** Something that was digested. */
    public sealed interface Digested permits File, Tensor {}

    /**
     * A file of the model.
     *
     * @param name its path in the folder, with slashes; of a model that is a single file the file's name
     */
    public record File(String name, long bytes, String sha256) implements Digested {}

    /**
     * A tensor as it is stored.
     *
     * @param dtype the stored type
     * @param file the name of the file that holds it, or its first piece
     * @param offset where it begins there, in bytes
     * @param bytes its size
     * @param sha256 of its elements in row-major order, little-endian: the same in whatever file it lies
     * @param statistics null where its elements are no numbers by themselves, or were not asked for
     */
    public record Tensor(
            String name,
            String dtype,
            List<Long> shape,
            String file,
            long offset,
            long bytes,
            String sha256,
            Optional<Statistics> statistics)
            implements Digested {

        private Tensor in(String otherFile) {
            return new Tensor(name, dtype, shape, otherFile, offset, bytes, sha256, statistics);
        }

        private Tensor withoutStatistics() {
            return new Tensor(name, dtype, shape, file, offset, bytes, sha256, Optional.empty());
        }
    }

    /**
     * What its stored numbers are like, without scales that stand beside them. All but {@code nonFinite} is about finite ones,
     * and null where there are none.
     *
     * @param nonFinite how many are NaN or infinite
     * @param kurtosis the fourth central moment by the square of the variance: 3 for a normal distribution; null where all are
     *     equal
     * @param largest the largest magnitudes, the largest first; of equal ones those that come first
     */
    public record Statistics(
            long nonFinite,
            Optional<Double> minimum,
            Optional<Double> maximum,
            Optional<Double> mean,
            Optional<Double> rootMeanSquare,
            Optional<Double> kurtosis,
            List<Extreme> largest) {}

    /**
     * A large number.
     *
     * @param index its place in each dimension of the tensor
     */
    public record Extreme(List<Long> index, float value) {}

    /**
     * What the super weights are from.
     *
     * @param source {@code detection}, made for the manifest, or {@code report}, made before
     * @param createdAt when they were found
     * @param verdict the strongest; null where nothing has one
     * @param verdictMeasure what verdicts go by
     */
    public record Findings(String source, String createdAt, Optional<Verdict> verdict, String verdictMeasure) {}

    /**
     * A super weight, or another weight whose sign is critical. Fields as in {@link DetectionReport.SuperWeight}.
     *
     * @param effect null where removing it was not measured
     * @param verdict null of a weight that is no super weight
     * @param dtype the stored type
     * @param bits what is stored of it: the bytes of {@code stored}, one after the other, in hexadecimal
     * @param stored where that lies; empty where it is not known how single weights are stored
     */
    public record Weight(
            String tensor,
            int layer,
            Optional<Integer> expert,
            int row,
            int column,
            String dtype,
            float value,
            String bits,
            List<Bytes> stored,
            Optional<Effect> effect,
            Optional<Effect> effectFlipped,
            Optional<Verdict> verdict,
            Optional<Verdict> flipVerdict,
            List<Integer> sets) {

        /** A super weight of a report, before it is known how it is stored. */
        public static Weight of(DetectionReport.SuperWeight weight) {
            return new Weight(
                    weight.tensor(),
                    weight.layer(),
                    weight.expert(),
                    weight.row(),
                    weight.column(),
                    "",
                    weight.value(),
                    "",
                    List.of(),
                    Optional.of(weight.effect()),
                    weight.effectFlipped(),
                    Optional.of(weight.verdict()),
                    weight.flipVerdict(),
                    weight.sets());
        }

        /** The same of a weight that is none. */
        public static Weight of(DetectionReport.OtherSpike spike) {
            return new Weight(
                    spike.tensor(),
                    spike.layer(),
                    spike.expert(),
                    spike.row(),
                    spike.column(),
                    "",
                    spike.value(),
                    "",
                    List.of(),
                    spike.effect(),
                    spike.effectFlipped(),
                    Optional.empty(),
                    spike.flipVerdict(),
                    List.of());
        }

        /** The same with how it is stored. */
        public Weight storedAs(String type, String digits, List<Bytes> bytes) {
            return new Weight(
                    tensor,
                    layer,
                    expert,
                    row,
                    column,
                    type,
                    value,
                    digits,
                    bytes,
                    effect,
                    effectFlipped,
                    verdict,
                    flipVerdict,
                    sets);
        }

        /** {@code tensor[row, column]}, or {@code tensor[expert, row, column]}, as in the members of sets. */
        public String name() {
            return DetectionReport.name(tensor, expert, row, column);
        }

        /** {@code layer:row:column}, in mixtures {@code layer:expert:row:column}. */
        public String place() {
            return DetectionReport.place(layer, expert, row, column);
        }
    }

    /**
     * Bytes of a tensor that lie next to each other.
     *
     * @param tensor its name in the files
     * @param offset counted in bytes from the start of the tensor, elements in row-major order
     * @param bytes what they are, in hexadecimal, with zeros in place of bits that do not count
     * @param mask which bits count, in hexadecimal
     */
    public record Bytes(String tensor, long offset, String bytes, String mask) {

        private static final Pattern HEXADECIMAL = Pattern.compile("([0-9a-f]{2})*");

        /**
         * Checks them: a manifest may come from anywhere.
         *
         * @throws IllegalArgumentException if these are no bytes with a mask
         */
        public Bytes {
            if (offset < 0
                    || bytes.length() != mask.length()
                    || !HEXADECIMAL.matcher(bytes).matches()
                    || !HEXADECIMAL.matcher(mask).matches()) {
                throw new IllegalArgumentException("no bytes with a mask: " + bytes + ", " + mask);
            }
        }
    }

    /** Weights that matter together. Fields as in {@link DetectionReport.WeightSet}. */
    public record WeightSet(int set, String kind, List<String> members, Verdict verdict, Effect effect) {}

    /** Whether the model is a file and no folder. */
    public boolean isSingleFile() {
        return files.size() == 1 && files.get(0).name().equals(model);
    }

    /** The same of a model that is a file of another name now. */
    public Manifest called(String name) {
        return with(
                name,
                files.stream()
                        .map(file -> new File(name, file.bytes(), file.sha256()))
                        .toList(),
                tensors.stream().map(tensor -> tensor.in(name)).toList());
    }

    /** The same without what tensors are like. */
    public Manifest withoutStatistics() {
        return with(
                model, files, tensors.stream().map(Tensor::withoutStatistics).toList());
    }

    private Manifest with(String otherModel, List<File> otherFiles, List<Tensor> otherTensors) {
        return new Manifest(
                schemaVersion,
                tool,
                createdAt,
                otherModel,
                symbolicLinks,
                ignored,
                otherFiles,
                otherTensors,
                findings,
                superWeights,
                sets);
    }
}
