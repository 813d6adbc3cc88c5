package io.github.swscan.detect;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.TensorInfo;
import io.github.swscan.report.Report;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/** Judges what a detection found and puts it into a report. */
public final class DetectionReport {

    private final Detection detection;
    private final DetectionSettings settings;
    private final Measure measure;
    private final Checkpoint checkpoint;
    private final Architecture architecture;
    private final Judge judge;

    public DetectionReport(
            Detection detection, DetectionSettings settings, Architecture architecture, Checkpoint checkpoint) {
        this.detection = detection;
        this.settings = settings;
        this.measure = settings.measure();
        this.checkpoint = checkpoint;
        this.architecture = architecture;
        this.judge = Judge.of(settings, detection.control());
    }

    /**
     * The whole report.
     *
     * @param notes what else a reader should know, one sentence each
     */
    public Report report(Report.Tool tool, String createdAt, Report.Model model, Report.Run run, List<String> notes) {
        List<Proof> superWeights = strongestFirst().filter(judge::isSuperWeight).toList();
        List<Report.OtherSpike> otherSpikes = new ArrayList<>();
        detection.proofs().stream()
                .filter(proof -> !judge.isSuperWeight(proof))
                .map(this::otherSpike)
                .forEach(otherSpikes::add);
        detection.diffuse().stream().map(this::otherSpike).forEach(otherSpikes::add);
        otherSpikes.sort(Comparator.comparingInt(Report.OtherSpike::layer));
        return new Report(
                Report.SCHEMA_VERSION,
                tool,
                createdAt,
                model,
                run,
                settings(),
                detection.breakdown().isPresent() ? Optional.empty() : Optional.of(baseline()),
                detection.layers().stream().map(DetectionReport::layer).toList(),
                ranked(superWeights),
                groups(),
                otherSpikes,
                detection.allRemoved().map(DetectionReport::effect),
                detection.control().map(this::control),
                detection.breakdown().stream()
                        .flatMap(breakdown -> breakdown.tensors().stream())
                        .map(this::nonFinite)
                        .toList(),
                notes);
    }

    private Report.Baseline baseline() {
        return new Report.Baseline(
                detection.baselineNll(),
                Math.min(Double.MAX_VALUE, Math.exp(detection.baselineNll())),
                detection.predictions());
    }

    private Report.NonFinite nonFinite(NonFiniteTensor found) {
        return new Report.NonFinite(
                found.tensor(),
                optional(found.layer()),
                optional(found.expert()),
                optional(found.row()),
                optional(found.column()),
                Float.toString(found.value()),
                found.count(),
                location(checkpoint.find(found.tensor()).orElseThrow(), found.element()));
    }

    /** How many verdicts are not beyond doubt, given how much effects vary from token to token. */
    public long unclear() {
        return detection.proofs().stream()
                .filter(proof -> !judge.isClear(proof))
                .count();
    }

    /** The super weights, the strongest first, and after them the candidates that are none. */
    public List<Candidate> ranking() {
        return Stream.concat(
                        strongestFirst().filter(judge::isSuperWeight),
                        strongestFirst().filter(proof -> !judge.isSuperWeight(proof)))
                .map(Proof::candidate)
                .toList();
    }

    private Stream<Proof> strongestFirst() {
        return detection.proofs().stream()
                .sorted(Comparator.comparingDouble((Proof proof) -> measure.nats(judge.strongest(proof)))
                        .thenComparingDouble(proof -> measure.nats(proof.alone()))
                        .reversed());
    }

    private Report.Settings settings() {
        Thresholds thresholds = settings.thresholds();
        return new Report.Settings(
                settings.spikeRule().description(),
                settings.minimumShare(),
                measure.label(),
                new Report.Thresholds(thresholds.critical(), thresholds.high(), thresholds.moderate()),
                settings.controlFactor(),
                settings.maximumCandidates(),
                settings.controls(),
                settings.seed());
    }

    private static Report.Layer layer(LayerPeaks peaks) {
        return new Report.Layer(
                peaks.layer(),
                optional(peaks.expert()),
                peaks.tensor(),
                peak(peaks.input()),
                peak(peaks.output()),
                peaks.spike());
    }

    private List<Report.SuperWeight> ranked(List<Proof> proofs) {
        List<Report.SuperWeight> ranked = new ArrayList<>();
        for (Proof proof : proofs) {
            Candidate candidate = proof.candidate();
            Coordinate coordinate = candidate.coordinate();
            ranked.add(new Report.SuperWeight(
                    ranked.size() + 1,
                    coordinate.tensor(),
                    candidate.layer(),
                    optional(candidate.expert()),
                    coordinate.row(),
                    coordinate.column(),
                    candidate.value(),
                    location(coordinate),
                    peak(candidate.input()),
                    peak(candidate.output()),
                    candidate.contributionShare(),
                    candidate.kind().label(),
                    proof.group().map(this::groupNumber),
                    effect(proof.alone()),
                    proof.putBack().map(DetectionReport::effect),
                    judge.verdict(proof).label()));
        }
        return ranked;
    }

    private Report.OtherSpike otherSpike(Proof proof) {
        Candidate candidate = proof.candidate();
        Coordinate coordinate = candidate.coordinate();
        return new Report.OtherSpike(
                candidate.kind() == Candidate.Kind.CANCELLING ? "cancelling" : "harmless",
                coordinate.tensor(),
                candidate.layer(),
                optional(candidate.expert()),
                coordinate.row(),
                coordinate.column(),
                candidate.value(),
                location(coordinate),
                peak(candidate.input()),
                peak(candidate.output()),
                candidate.contributionShare(),
                Optional.of(candidate.kind().label()),
                proof.group().map(this::groupNumber),
                Optional.of(effect(proof.alone())),
                proof.putBack().map(DetectionReport::effect));
    }

    private Report.OtherSpike otherSpike(DiffuseSpike spike) {
        Coordinate coordinate = spike.coordinate();
        return new Report.OtherSpike(
                "diffuse",
                coordinate.tensor(),
                spike.layer(),
                optional(spike.expert()),
                coordinate.row(),
                coordinate.column(),
                spike.value(),
                location(coordinate),
                peak(spike.input()),
                peak(spike.output()),
                spike.contributionShare(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private List<Report.Group> groups() {
        return detection.groups().stream()
                .map(group ->
                        new Report.Group(groupNumber(group.members()), names(group.members()), effect(group.effect())))
                .toList();
    }

    private Report.Control control(Effect effect) {
        return new Report.Control(
                names(detection.controlWeights()),
                effect.meanNll(),
                effect.meanNllRise(),
                effect.perplexityRatio(),
                effect.klDivergence(),
                effect.topTokenAgreement());
    }

    private int groupNumber(Set<Coordinate> members) {
        return detection.groups().stream()
                        .map(Detection.GroupEffect::members)
                        .toList()
                        .indexOf(members)
                + 1;
    }

    private Report.Location location(Coordinate coordinate) {
        TensorInfo tensor = checkpoint.find(coordinate.tensor()).orElseThrow();
        Linear projection = architecture.blocks().stream()
                .flatMap(block -> block.feedForward().mlps())
                .map(Mlp::down)
                .filter(coordinate::isIn)
                .findFirst()
                .orElseThrow();
        return location(tensor, projection.elementIndex(coordinate.row(), coordinate.column()));
    }

    private static Report.Location location(TensorInfo tensor, long element) {
        return new Report.Location(
                tensor.file().getFileName().toString(),
                tensor.position(element),
                tensor.dtype().name());
    }

    private static Optional<Integer> optional(OptionalInt number) {
        return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
    }

    private static List<String> names(Set<Coordinate> coordinates) {
        return coordinates.stream().map(Coordinate::toString).toList();
    }

    private static Report.Effect effect(Effect effect) {
        return new Report.Effect(
                effect.meanNll(),
                effect.meanNllRise(),
                effect.perplexityRatio(),
                effect.klDivergence(),
                effect.topTokenAgreement());
    }

    private static Report.Peak peak(io.github.swscan.forward.Peak peak) {
        return new Report.Peak(peak.value(), peak.sequence(), peak.position(), peak.channel());
    }
}
