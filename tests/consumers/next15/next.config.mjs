export default {
  distDir: process.env.BUILD ?? ".next",
  // the types are the same for both bundlers: they are checked once
  typescript: { ignoreBuildErrors: process.env.BUILD === ".next-webpack" },
};
