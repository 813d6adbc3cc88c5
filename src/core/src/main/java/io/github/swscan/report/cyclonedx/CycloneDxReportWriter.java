package io.github.swscan.report.cyclonedx;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.ReportWriter;
import io.github.swscan.report.text.Conclusion;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.cyclonedx.Version;
import org.cyclonedx.exception.GeneratorException;
import org.cyclonedx.generators.BomGeneratorFactory;
import org.cyclonedx.model.Bom;
import org.cyclonedx.model.Component;
import org.cyclonedx.model.Hash;
import org.cyclonedx.model.Metadata;
import org.cyclonedx.model.Property;
import org.cyclonedx.model.component.ModelCard;
import org.cyclonedx.model.component.modelCard.Considerations;
import org.cyclonedx.model.component.modelCard.ModelParameters;
import org.cyclonedx.model.component.modelCard.PerformanceMetric;
import org.cyclonedx.model.component.modelCard.QuantitativeAnalysis;
import org.cyclonedx.model.metadata.ToolInformation;

/**
 * Writes the model of a detection as a CycloneDX 1.6 bill of materials in JSON: a machine-learning-model with its files and
 * their digests, where the report has them, and a model card. Super weights and sets are properties under {@code swscan:};
 * effects are performance metrics, whose slice says what was removed. The same report gives the same document.
 */
public final class CycloneDxReportWriter implements ReportWriter {

    private static final String PREFIX = "swscan:";

    @Override
    public void write(ReportDocument document, OutputStream out) throws IOException {
        if (!(document instanceof DetectionReport report)) {
            throw new IllegalArgumentException("a bill of materials is written of detections only");
        }
        try {
            String json = BomGeneratorFactory.createJson(Version.VERSION_16, bom(report))
                    .toJsonString(true);
            out.write((json + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (GeneratorException e) {
            throw new IllegalStateException("a report that is no bill of materials", e);
        }
    }

    private static Bom bom(DetectionReport report) {
        Bom bom = new Bom();
        bom.setSerialNumber("urn:uuid:"
                + UUID.nameUUIDFromBytes((report.createdAt() + report.model()).getBytes(StandardCharsets.UTF_8)));
        Metadata metadata = new Metadata();
        metadata.setTimestamp(Date.from(Instant.parse(report.createdAt())));
        Component tool = component(Component.Type.APPLICATION, report.tool().name());
        tool.setVersion(report.tool().version());
        ToolInformation tools = new ToolInformation();
        tools.setComponents(List.of(tool));
        metadata.setToolChoice(tools);
        metadata.setComponent(model(report));
        bom.setMetadata(metadata);
        bom.setComponents(
                report.model().files().stream().map(CycloneDxReportWriter::file).toList());
        return bom;
    }

    private static Component component(Component.Type type, String name) {
        Component component = new Component();
        component.setType(type);
        component.setName(name);
        return component;
    }

    private static Component file(ModelSummary.File file) {
        Component component = component(Component.Type.FILE, file.name());
        component.setBomRef("file:" + file.name());
        component.setHashes(hash(file).stream().toList());
        component.setProperties(List.of(property("bytes", file.bytes())));
        return component;
    }

    private static Optional<Hash> hash(ModelSummary.File file) {
        return file.sha256().map(digest -> new Hash(Hash.Algorithm.SHA_256, digest));
    }

    private static Component model(DetectionReport report) {
        ModelSummary model = report.model();
        Component component = component(Component.Type.MACHINE_LEARNING_MODEL, model.name());
        component.setBomRef("model");
        component.setDescription(Conclusion.of(report));
        if (model.files().size() == 1) {
            component.setHashes(hash(model.files().get(0)).stream().toList());
        }
        component.setModelCard(card(report));
        component.setProperties(properties(report));
        return component;
    }

    private static ModelCard card(DetectionReport report) {
        ModelParameters parameters = new ModelParameters();
        parameters.setTask(report.hiddenState().isPresent() ? "feature-extraction" : "text-generation");
        parameters.setArchitectureFamily("transformer");
        parameters.setModelArchitecture(report.model().family());
        QuantitativeAnalysis analysis = new QuantitativeAnalysis();
        analysis.setPerformanceMetrics(metrics(report));
        Considerations considerations = new Considerations();
        considerations.setTechnicalLimitations(report.notes());
        ModelCard card = new ModelCard();
        card.setModelParameters(parameters);
        card.setQuantitativeAnalysis(analysis);
        card.setConsiderations(considerations);
        return card;
    }

    private static List<PerformanceMetric> metrics(DetectionReport report) {
        List<PerformanceMetric> metrics = new ArrayList<>();
        report.baseline().ifPresent(baseline -> metrics.add(metric("perplexity", baseline.perplexity(), "unedited")));
        report.sets()
                .forEach(set -> metrics.addAll(metrics(set.effect(), "removed: " + String.join(", ", set.members()))));
        report.superWeights().forEach(weight -> metrics.addAll(metrics(weight.effect(), "removed: " + weight.name())));
        return metrics;
    }

    private static List<PerformanceMetric> metrics(Effect effect, String slice) {
        return Stream.of(
                        effect.perplexityRatio().map(ratio -> metric("perplexityRatio", ratio, slice)),
                        effect.klDivergence().map(divergence -> metric("klDivergence", divergence, slice)),
                        effect.hiddenChange().map(change -> metric("hiddenChange", change, slice)),
                        effect.embeddingCosine().map(cosine -> metric("embeddingCosine", cosine, slice)))
                .flatMap(Optional::stream)
                .toList();
    }

    private static PerformanceMetric metric(String type, double value, String slice) {
        PerformanceMetric metric = new PerformanceMetric();
        metric.setType(type);
        metric.setValue(String.valueOf(value));
        metric.setSlice(slice);
        return metric;
    }

    private static List<Property> properties(DetectionReport report) {
        List<Property> properties = new ArrayList<>();
        properties.add(property("verdict", report.outcome()));
        properties.add(property("parameters", report.model().parameters()));
        properties.add(property("dtype", report.model().dtype()));
        report.model()
                .quantization()
                .ifPresent(quantization -> properties.add(property("quantization", quantization.description())));
        for (int i = 0; i < report.superWeights().size(); i++) {
            SuperWeight weight = report.superWeights().get(i);
            properties.add(property(
                    "superWeight:" + i,
                    "%s|%d|%d|%s|%s"
                            .formatted(
                                    weight.expert()
                                            .map(expert -> weight.tensor() + "|" + expert)
                                            .orElse(weight.tensor()),
                                    weight.row(),
                                    weight.column(),
                                    weight.value(),
                                    weight.verdict())));
        }
        for (WeightSet set : report.sets()) {
            properties.add(
                    property("set:" + set.set(), "%s|%s".formatted(String.join(",", set.members()), set.verdict())));
        }
        report.model()
                .unsafe()
                .forEach(unsafe -> properties.add(property("unsafePickle:" + unsafe.file(), unsafe.name())));
        return properties;
    }

    private static Property property(String name, Object value) {
        Property property = new Property();
        property.setName(PREFIX + name);
        property.setValue(String.valueOf(value));
        return property;
    }
}
