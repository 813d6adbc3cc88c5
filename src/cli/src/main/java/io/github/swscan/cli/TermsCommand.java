package io.github.swscan.cli;

import io.github.swscan.cli.option.ProgramVersion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code swscan terms}: its help is what it has to say. */
@Command(
        name = "terms",
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        optionListHeading = "%nOptions:%n",
        footer = {"", "docs/method.md has all of it in full. Thresholds can be set, see swscan help detect."},
        customSynopsis = "swscan terms",
        synopsisHeading = "Usage: ",
        description = {
            "Says what the words on the screen mean.",
            "",
            "@|bold super weight|@       a number of a down projection that the whole model hangs on",
            "@|bold super activation|@   a channel of the residual stream that it makes massive",
            "@|bold residual stream|@    the vector of each token that every layer adds to",
            "@|bold spike|@              an entry into and out of a down projection, both far",
            "                   above the usual",
            "@|bold share|@              the largest part of the residual vector that a weight makes",
            "@|bold set|@                weights that matter together, though each alone may look",
            "                   harmless",
            "@|bold joint|@              a set without an idle member: leaving any one in saves",
            "                   half of the damage or more",
            "@|bold gradual|@            a set whose damage falls little by little; no smaller one",
            "                   was found that does as much",
            "@|bold alone, left in|@     the effect of removing a member alone; of removing all",
            "                   others",
            "@|bold flipped|@            the sign of a weight turned in place of its removal",
            "@|bold control|@            ordinary weights of similar magnitude, removed for",
            "                   comparison",
            "@|bold NLL, perplexity|@    negative log-likelihood of the text, in nats a token; its",
            "                   exponential",
            "@|bold KL|@                 Kullback-Leibler divergence from the unedited model's",
            "                   predictions, in nats a token",
            "@|bold agreement|@          how many predictions keep their most likely token",
            "@|bold critical|@           verdict: perplexity x10 or more; without text KL 1 or more",
            "@|bold high|@               verdict: x1.5; KL 0.1",
            "@|bold moderate|@           verdict: x1.05; KL 0.01",
            "@|bold harmless|@           less, or less than 5 times the effect of the control",
            "@|bold ~|@                  beside a verdict: near a threshold, other text may tip it",
            "@|bold diffuse|@            a spike that many weights make, none of them much of it",
            "@|bold cancelling|@         a weight that takes an earlier spike away again"
        },
        descriptionHeading = "%n")
final class TermsCommand implements Runnable {

    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        command.commandLine().usage(command.commandLine().getOut());
    }
}
