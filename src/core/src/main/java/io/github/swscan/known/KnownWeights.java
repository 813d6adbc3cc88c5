package io.github.swscan.known;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.input.BuiltInResource;
import io.github.swscan.report.KnownReport.Here;
import io.github.swscan.report.KnownReport.Model;
import io.github.swscan.report.KnownReport.Weight;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredWeight;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** An index of published super weights. */
public record KnownWeights(List<Model> models) {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** Published values are rounded, at times to three digits. */
    private static final double TOLERANCE = 0.01;

    public KnownWeights {
        models = List.copyOf(models);
    }

    /** The index that comes with the program, {@code known.json} beside this class. */
    public static KnownWeights builtIn() {
        try {
            return new KnownWeights(
                    List.of(MAPPER.treeToValue(BuiltInResource.json(KnownWeights.class, "known.json"), Model[].class)));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What is published of models of the same family and shape as one, with what that one has in these places: first those of
     * which it has the most values. Reads single weights.
     */
    public List<Model> in(Architecture architecture, Checkpoint checkpoint) {
        Sites sites = Sites.of(architecture);
        return models.stream()
                .filter(model -> isAlike(model, architecture))
                .map(model -> new Model(
                        model.name(),
                        model.family(),
                        model.layers(),
                        model.hiddenSize(),
                        model.intermediateSize(),
                        model.weights().stream()
                                .map(weight -> withValue(weight, sites, checkpoint))
                                .toList(),
                        model.together(),
                        model.source(),
                        model.how()))
                .sorted(Comparator.comparingInt(Model::found).reversed())
                .toList();
    }

    private static boolean isAlike(Model model, Architecture architecture) {
        return model.family().equals(architecture.family())
                && model.layers() == architecture.layers()
                && model.hiddenSize() == architecture.hiddenSize()
                && model.intermediateSize() == architecture.intermediateSize();
    }

    private static Weight withValue(Weight weight, Sites sites, Checkpoint checkpoint) {
        Optional<Here> here = sites.downProjections(weight.layer()).stream()
                .filter(site -> isIn(weight, site))
                .findFirst()
                .map(site -> StoredWeight.read(checkpoint, site, weight.row(), weight.column()))
                .map(stored -> here(weight, stored.value()));
        return new Weight(
                weight.layer(), weight.expert(), weight.row(), weight.column(), weight.value(), weight.alone(), here);
    }

    /** A layer may have an MLP of another size than the first that the model has. */
    private static boolean isIn(Weight weight, Site site) {
        return site.expert().equals(weight.expert().map(OptionalInt::of).orElseGet(OptionalInt::empty))
                && weight.row() < site.linear().outputs()
                && weight.column() < site.linear().inputs();
    }

    private static Here here(Weight weight, float value) {
        return new Here(
                Optional.of(value).filter(Float::isFinite),
                weight.value()
                        .filter(published -> Math.abs(value - published) <= TOLERANCE * Math.abs(published))
                        .isPresent());
    }
}
